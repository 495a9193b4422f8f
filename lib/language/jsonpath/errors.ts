import type { Json } from '../../model/json.ts';

export type PathErrorReason =
  | 'path-not-found'
  | 'choice-path-not-found'
  | 'intrinsic-failed'
  | 'result-path-mismatch'
  | 'path-too-costly'
  | 'variable-undefined';

export type PathErrorName = 'States.Runtime' | 'States.IntrinsicFailure' | 'States.ResultPathMatchFailure';

/**
 * An expression that could not be evaluated. `error` is the name Step Functions gives it, `cause` its wording;
 * a caller that reports another name (`States.ParameterPathFailure`, say) goes by `reason`.
 */
export class PathError extends Error {
  readonly reason: PathErrorReason;
  readonly error: PathErrorName;
  override readonly cause: string;

  constructor(reason: PathErrorReason, error: PathErrorName, cause: string) {
    super(cause);
    this.name = 'PathError';
    this.reason = reason;
    this.error = error;
    this.cause = cause;
  }
}

export type SyntaxErrorCode =
  | 'Path.Syntax'
  | 'ReferencePath.Syntax'
  | 'Intrinsic.Syntax'
  | 'Template.Field'
  | 'Choice.Rule';

/** A text that does not compile. `pointer` is the JSON pointer to it, from the value that was given to compile. */
export class PathSyntaxError extends Error {
  readonly code: SyntaxErrorCode;
  readonly pointer: string;
  /** Where the message is Step Functions' own wording: what exactly is wrong. */
  readonly detail: string | undefined;

  constructor(code: SyntaxErrorCode, message: string, pointer = '', detail?: string) {
    super(message);
    this.detail = detail;
    this.name = 'PathSyntaxError';
    this.code = code;
    this.pointer = pointer;
  }
}

/** `field` is the field of the definition that holds the path, as it stands there (`InputPath`, `total.$`). */
export function pathNotFound(path: string, field: string | undefined, document: Json): PathError {
  const where = field === undefined ? '' : ` specified for the field '${field}'`;
  const cause = `The JSONPath '${path}'${where} could not be found in the input '${JSON.stringify(document)}'`;
  return new PathError('path-not-found', 'States.Runtime', cause);
}

export function variableUndefined(path: string, name: string, field: string | undefined): PathError {
  const where = field === undefined ? '' : ` specified for the field '${field}'`;
  const cause = `The JSONPath '${path}'${where} refers to the variable '$${name}', which has no value here.`;
  return new PathError('variable-undefined', 'States.Runtime', cause);
}

export function pathTooCostly(path: string, visits: number): PathError {
  const cause = `The JSONPath '${path}' looks at more than ${visits} values; make it more specific.`;
  return new PathError('path-too-costly', 'States.Runtime', cause);
}

export function choicePathNotFound(path: string): PathError {
  const cause = `Invalid path '${path}': The choice state's condition path references an invalid value.`;
  return new PathError('choice-path-not-found', 'States.Runtime', cause);
}

export function resultPathMismatch(path: string, input: Json): PathError {
  const cause = `Unable to apply ReferencePath ${path} to input ${JSON.stringify(input)}`;
  return new PathError('result-path-mismatch', 'States.ResultPathMatchFailure', cause);
}

export function intrinsicFailed(call: string, detail: string): PathError {
  const cause = `There was an error while evaluating the intrinsic function: ${call}. ${detail}`;
  return new PathError('intrinsic-failed', 'States.IntrinsicFailure', cause);
}

/** One token of a JSON pointer (RFC 6901). */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
