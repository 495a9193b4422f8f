import type { ExecutionStatus } from '../model/state.ts';

/** The read model of executions: lists by workflow, status and time. Follows the log, and can be rebuilt from it. */
export interface ExecutionIndex {
  /** Takes the row if its commit number is greater than that of the row it has. */
  put(row: ExecutionRow): Promise<void>;
  /** Newest start first. Eventually consistent. */
  list(query: ExecutionQuery): Promise<Page<ExecutionRow>>;
}

export interface ExecutionRow {
  /** The execution's ARN. */
  readonly execution: string;
  readonly name: string;
  /** The state machine's ARN. */
  readonly workflow: string;
  /** The published version it was started as, and the alias it was started by: it stands in their lists as well. */
  readonly version?: number;
  readonly alias?: string;
  readonly status: ExecutionStatus;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly closedAt?: number;
  /** How often it has been redriven, and when last, ms since the epoch. */
  readonly redriven?: { readonly count: number; readonly at: number };
  /** ARN of the map run whose child it is: it stands in that one's list as well. */
  readonly mapRun?: string;
  /** Items that the child of a map run has, where they are batched. */
  readonly itemCount?: number;
  /** Number of the commit that this row is from. */
  readonly commit: number;
  /** Hash of that commit. Not in lists. */
  readonly hash?: string;
}

export interface ExecutionQuery {
  /** ARN; absent: of all workflows. */
  readonly workflow?: string;
  /** Only with `workflow`: of this version of it, or of this alias; not both. */
  readonly version?: number;
  readonly alias?: string;
  /** Only with `workflow`, and without version or alias: children of this map run. */
  readonly mapRun?: string;
  /** Only those that have been redriven, or only those that have not. */
  readonly redriven?: boolean;
  readonly status?: ExecutionStatus;
  /** Inclusive bounds of `startedAt`, ms since the epoch. */
  readonly startedFrom?: number;
  readonly startedTo?: number;
  /** 1 … 1,000. */
  readonly limit: number;
  /** `Page.next` of the page before. */
  readonly after?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

/** `after` did not come from this store, or for another query. */
export class InvalidPageToken extends Error {
  override readonly name = 'InvalidPageToken';
  readonly code = 'Knhk.InvalidPageToken';
}
