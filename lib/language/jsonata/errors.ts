import { messageOf } from './messages.ts';

/** What an error can tell besides its code; the message is made from it. */
export interface ErrorDetails {
  /** Offset into the source, in UTF-16 units. */
  readonly position?: number;
  /** The operator, function or word concerned. */
  readonly token?: string;
  /** The offending value, shortened for display. */
  readonly value?: string;
  /** A second value, for comparisons. */
  readonly value2?: string;
  /** Number of the argument concerned, from 1. */
  readonly index?: number;
  /** A message of the expression's own (`$error`, `$assert`). */
  readonly message?: string;
}

/**
 * An expression could not be evaluated. Codes are those of JSONata (`Txxxx` types, `Dxxxx` evaluation) plus `Lxxxx` for a
 * limit of this evaluator that was exceeded.
 */
export class JsonataError extends Error {
  override readonly name = 'JsonataError';
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, details: ErrorDetails = {}) {
    super(details.message ?? messageOf(code, details));
    this.code = code;
    this.details = details;
  }

  get position(): number | undefined {
    return this.details.position;
  }

  get token(): string | undefined {
    return this.details.token;
  }

  /** The same error, placed in the source if it was not yet. */
  at(position: number, token: string | undefined): JsonataError {
    const { details } = this;
    if (details.position !== undefined && details.token !== undefined) return this;
    const known = details.token ?? token;
    return new JsonataError(this.code, {
      ...details,
      position: details.position ?? position,
      ...(known === undefined ? {} : { token: known }),
    });
  }
}

/** The source is not a JSONata expression. Codes `S0xxx` are those of JSONata; `L2xxx` are limits of this compiler. */
export class JsonataSyntaxError extends Error {
  override readonly name = 'JsonataSyntaxError';
  readonly code: string;
  /** Offset into the source, in UTF-16 units. */
  readonly position: number;
  readonly token: string | undefined;

  constructor(code: string, position: number, details: ErrorDetails = {}) {
    super(messageOf(code, { ...details, position }));
    this.code = code;
    this.position = position;
    this.token = details.token;
  }
}
