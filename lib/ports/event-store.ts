import type { ExecutionRow } from './execution-index.ts';

/**
 * The commit log. An execution's history is a sequence of immutable commits, numbered from 0 without gaps; each is
 * written by one conditional put. That put is the only fence between two writers.
 */
export interface EventStore {
  /**
   * Appends a commit, durably: once this resolves with `'appended'`, it survives the loss of the process.
   * `'conflict'`: a commit of this number exists already, nothing was written.
   * @throws StoreUnavailable when it is unknown whether the commit was written; `load` tells.
   */
  append(commit: StoredCommit): Promise<'appended' | 'conflict'>;

  /**
   * What is needed to rebuild the state: every commit in order, from the last one that carries a snapshot on, or from
   * the first if none does. Strongly consistent. Empty: no such execution.
   */
  load(execution: string): Promise<readonly StoredCommit[]>;

  /** Commits in order, from number `from` on; at most `limit`, or fewer where a page would grow too large. Strongly consistent. */
  read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]>;

  /** The last commit's number and lease, where they cost less than `load`. Strongly consistent. `undefined`: no such execution. */
  head?(execution: string): Promise<LogHead | undefined>;

  /**
   * Keeps the whole log at least until then, seconds since the epoch. Absent where a log expires as one, at the moment
   * that its last commit with a row says.
   */
  keepUntil?(execution: string, expiresAt: number): Promise<void>;

  /** Puts it in the place of the commit of its number. For erasing payloads: nothing else ever changes a commit. */
  replace?(commit: StoredCommit): Promise<void>;

  /**
   * Ends the erasing of payloads, after all commits were replaced. Deletes the texts of an execution that were too large to
   * stand in its commits, and that no commit needs any more, and all that is left of what was replaced.
   */
  forgetTexts?(execution: string): Promise<void>;
}

export interface StoredCommit {
  /** The execution's ARN. */
  readonly execution: string;
  readonly number: number;
  /** The commit's content as text, see lib/state/commit.ts; opaque here. Stores may compress it. */
  readonly body: string;
  /** Who runs tasks of the execution, and until when others must keep away. Only the last commit's counts; absent: nobody. */
  readonly lease?: Lease;
  /** The state after this commit as text, in the commits that carry a snapshot. */
  readonly snapshot?: string;
  /** Number of the last commit up to and including this one that carries a snapshot. */
  readonly snapshotNumber?: number;
  /** What read models show, in the commits that change it (the first and the last). */
  readonly row?: ExecutionRow;
  /** When the log may be forgotten, seconds since the epoch; the same in every commit of an execution until it is redriven. */
  readonly expiresAt?: number;
}

export type LogHead = Pick<StoredCommit, 'number' | 'lease'>;

export interface Lease {
  /** Identifies one executor process. */
  readonly owner: string;
  /** ms since the epoch. */
  readonly until: number;
}

/**
 * Facts from outside (a callback, a stop, a child's end) on their way into an execution. A fact is one conditional
 * put, so its sender neither waits for a turn nor competes with one. A turn commits what it reads, then discards it.
 */
export interface Inbox {
  /** `'exists'`: a fact of this id was deposited before, and is still there or has been kept in mind; nothing was written. */
  deposit(execution: string, fact: Fact): Promise<'deposited' | 'exists'>;
  /** All facts, in the order of deposit as well as clocks tell it. Strongly consistent. */
  facts(execution: string): Promise<readonly Fact[]>;
  discard(execution: string, ids: readonly string[]): Promise<void>;
}

export interface Fact {
  /** Unique within the execution: a second delivery has the same id. */
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  /** A `Command` of the core as text. */
  readonly body: string;
}

/** The store did not answer, or not in time; the write may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly code = 'Knhk.StoreUnavailable';
}
