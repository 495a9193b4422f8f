import type { Json } from './json.ts';
import type { BatchRule, Failure, ItemSet, ItemSource, ResultTarget, ToleratedFailures } from './plan.ts';
import type { ActivationId, ExecutionStatus, ItemOrigin } from './state.ts';

/** What happened to map runs: events of the log, see event.ts. */

/** A distributed Map began: its items, or where they are read, and what holds for the run. */
export interface MapRunStarted {
  readonly type: 'MapRunStarted';
  readonly id: ActivationId;
  /** ARN. */
  readonly run: string;
  readonly round: number;
  /** Of its children. */
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly source?: ItemSource;
  /** Absent: they are read from the source, or the state's input is them. */
  readonly items?: ItemSet;
  readonly batches?: BatchRule;
  readonly target?: ResultTarget;
  readonly maxConcurrency: number;
  readonly tolerated: ToleratedFailures;
}

/** The items of a map run were read from its source. */
export interface ItemsRead {
  readonly type: 'ItemsRead';
  readonly id: ActivationId;
  readonly items: ItemSet;
  readonly origins?: readonly ItemOrigin[];
}

/** The next children of a map run, one for each of the next items, or for each batch of them. */
export interface ChildrenStarted {
  readonly type: 'ChildrenStarted';
  readonly id: ActivationId;
  readonly count: number;
  /** Of each child; absent: each child's input is its item. */
  readonly inputs?: readonly Json[];
  /** Items of each child; absent: one each. */
  readonly sizes?: readonly number[];
}

/** So many children, the first of those that wait for it, have been started outside, durably. */
export interface ChildrenLaunched {
  readonly type: 'ChildrenLaunched';
  readonly id: ActivationId;
  readonly count: number;
}

/** A child of a map run has closed. */
export interface ChildEnded extends Failure {
  readonly type: 'ChildEnded';
  readonly id: ActivationId;
  readonly child: number;
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: Json;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly closedAt: number;
}

/** The run fails: its children are given up, and what became of the items is written before the Map fails. */
export interface MapRunFailing extends Failure {
  readonly type: 'MapRunFailing';
  readonly id: ActivationId;
}

/** Somebody changed what holds for a map run. */
export interface MapRunUpdated {
  readonly type: 'MapRunUpdated';
  readonly id: ActivationId;
  readonly maxConcurrency?: number;
  readonly tolerated?: ToleratedFailures;
}

export interface ResultsWritten {
  readonly type: 'ResultsWritten';
  readonly id: ActivationId;
  readonly output: Json;
}
