/**
 * An error that a definition can name: what an expression of a plan throws, and nothing else does. `error` is a
 * name such as `States.Runtime` or `States.QueryEvaluationError`, `cause` one sentence.
 */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly error: string;
  /** The field of the state that failed to evaluate, as in `Output` or `Arguments`; shown in history for JSONata. */
  readonly location: string | undefined;

  constructor(error: string, cause: string, location?: string) {
    super(cause);
    this.error = error;
    this.location = location;
  }
}

/** Names of the errors the engine itself raises. */
export const ErrorName = {
  all: 'States.ALL',
  branchFailed: 'States.BranchFailed',
  dataLimitExceeded: 'States.DataLimitExceeded',
  deadlock: 'States.Deadlock',
  exceedToleratedFailureThreshold: 'States.ExceedToleratedFailureThreshold',
  heartbeatTimeout: 'States.HeartbeatTimeout',
  intrinsicFailure: 'States.IntrinsicFailure',
  itemReaderFailed: 'States.ItemReaderFailed',
  noChoiceMatched: 'States.NoChoiceMatched',
  parameterPathFailure: 'States.ParameterPathFailure',
  permissions: 'States.Permissions',
  queryEvaluation: 'States.QueryEvaluationError',
  resultPathMatchFailure: 'States.ResultPathMatchFailure',
  resultWriterFailed: 'States.ResultWriterFailed',
  runtime: 'States.Runtime',
  taskFailed: 'States.TaskFailed',
  timeout: 'States.Timeout',
} as const;

/** A log whose events do not fit together: written by something else, or damaged. */
export class CorruptLog extends Error {
  override readonly name = 'CorruptLog';
  readonly code = 'Knhk.CorruptLog';
}
