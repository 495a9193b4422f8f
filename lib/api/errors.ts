import type { Finding } from '../language/index.ts';

/** What a request can be refused for. Each face has its own form for it: status, name, message. */
const KINDS = {
  activityNotFound: 'notFound',
  definitionInvalid: 'invalid',
  executionExists: 'conflict',
  executionNotFound: 'notFound',
  identifierInvalid: 'invalid',
  inputInvalid: 'invalid',
  loggingInvalid: 'invalid',
  nameInvalid: 'invalid',
  nothingToUpdate: 'invalid',
  notSupported: 'unsupported',
  outputInvalid: 'invalid',
  pageTokenInvalid: 'invalid',
  requestInvalid: 'invalid',
  resourceNotFound: 'notFound',
  routeNotFound: 'notFound',
  taskClosed: 'conflict',
  taskNotFound: 'notFound',
  tokenInvalid: 'invalid',
  tooLarge: 'tooLarge',
  tooManyTags: 'limit',
  typeNotSupported: 'unsupported',
  workflowExists: 'conflict',
  workflowNotFound: 'notFound',
} as const;

export type ApiErrorCode = keyof typeof KINDS;
export type ApiErrorKind = (typeof KINDS)[ApiErrorCode];

/** A request that cannot be granted, by fault of the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Stable. */
  readonly code: ApiErrorCode;
  /** What the error is about: the name, ARN or value at fault, or what is wrong with it. */
  readonly subject: string;
  /** Of a definition that was refused. */
  readonly findings: readonly Finding[];

  /** @param message one sentence that tells what to do. */
  constructor(code: ApiErrorCode, subject: string, message: string, findings: readonly Finding[] = []) {
    super(message);
    this.code = code;
    this.subject = subject;
    this.findings = findings;
  }

  get kind(): ApiErrorKind {
    return KINDS[this.code];
  }
}
