import type { ExecutionStatus } from '../model/state.ts';
import type { ExecutionRow } from './execution-index.ts';

/**
 * Collection of the key-value store in which executions wait that have closed and stand in no period of the ledger yet.
 * The value of a record is a list of `Closing`s; whoever has taken them over deletes it. Stores fill it from the last
 * commit of each execution, in the same transaction or from their stream, so that none is missing; one may come twice.
 */
export const CLOSINGS = 'closings';

/** That an execution has closed: what the ledger says about it. */
export interface Closing {
  /** ARN. */
  readonly execution: string;
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  /** ms since the epoch. */
  readonly closedAt: number;
  /** How many its log had. */
  readonly commits: number;
  /** Of the last of them. */
  readonly hash: string;
}

/** What the row of a commit says about the end of its execution; `undefined`: it is open, or has no hash. */
export function closingOf({ execution, status, closedAt, commit, hash }: ExecutionRow): Closing | undefined {
  if (status === 'RUNNING' || closedAt === undefined || hash === undefined) return undefined;
  return { execution, status, closedAt, commits: commit + 1, hash };
}
