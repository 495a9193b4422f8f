/** Where executions write what happens in them, for those workflows that ask for it: CloudWatch Logs, or files. */
export interface LogDelivery {
  /**
   * Appends the entries, in their order. Entries may have been delivered before: at least once, not exactly once.
   * @throws LogRefused if they will never be taken.
   * @throws StoreUnavailable if they may be taken when it is tried again, from the first on.
   */
  deliver(destination: LogDestination, entries: readonly LogEntry[]): Promise<void>;
}

export interface LogDestination {
  /** ARN of a log group, with or without `:*` at its end. */
  readonly group: string;
  /** Name of the workflow, which is part of the stream's name. */
  readonly workflow: string;
}

export interface LogEntry {
  /** ms since the epoch. */
  readonly timestamp: number;
  /** JSON of one line, at most `MAX_LOG_MESSAGE_BYTES` in UTF-8. */
  readonly message: string;
}

/** What Step Functions keeps to, 8 KB below what CloudWatch Logs took for long. */
export const MAX_LOG_MESSAGE_BYTES = 248 * 1_024;

/** The name of the group; `undefined`: not the ARN of a log group. */
export function logGroupName(arn: string): string | undefined {
  return /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(arn)?.[1];
}

/** The destination does not exist, is closed to the engine, or does not take the entries as they are. */
export class LogRefused extends Error {
  override readonly name = 'LogRefused';
  readonly code = 'Knhk.LogRefused';
}
