import type { SearchFields } from '../model/search.ts';
import type { ExecutionStatus } from '../model/state.ts';

/** The read model of executions: lists by workflow, status and time. Follows the log, and can be rebuilt from it. */
export interface ExecutionIndex {
  /** Takes the row if its commit number is greater than that of the row it has. */
  put(row: ExecutionRow): Promise<void>;
  /** Newest start first. Eventually consistent. */
  list(query: ExecutionQuery): Promise<Page<ExecutionRow>>;
  /** How many `list` would give altogether, by status. Eventually consistent. */
  count(query: Omit<ExecutionQuery, 'limit' | 'after'>): Promise<ExecutionCounts>;
}

export interface ExecutionCounts {
  /** Absent: none. */
  readonly byStatus: Readonly<Partial<Record<ExecutionStatus, number>>>;
  /** False: there are more than the store is willing to count. */
  readonly isComplete: boolean;
}

/** What the log says of all executions, from which lists are made anew. */
export interface LoggedRows {
  /** Every row of every commit that was there at the beginning, in any order, while others write. */
  rows(query: RowQuery): Promise<Page<ExecutionRow>>;
}

export interface RowQuery {
  /** At most so many. A page may have fewer, or none, and still be followed by another. */
  readonly limit: number;
  /** `Page.next` of the page before. */
  readonly after?: string;
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
  /** What it is found by; absent: nothing, or it is erased. */
  readonly search?: SearchFields;
  /** What it was found by until its payloads were erased: it leaves those lists. Not in lists. */
  readonly unlisted?: SearchFields;
  /** Of one that runs and is suspended: since when, ms since the epoch. */
  readonly suspendedAt?: number;
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
  /** Only those that have all of these. */
  readonly search?: SearchFields;
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
