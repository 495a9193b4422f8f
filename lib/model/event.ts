import type { TaskAllocated, TaskDelegated, TaskEscalated } from './allocation-event.ts';
import type { TaskAssignment } from './effect.ts';
import type { Json, JsonObject } from './json.ts';
import type {
  ChildEnded,
  ChildrenLaunched,
  ChildrenStarted,
  ItemsRead,
  MapRunFailing,
  MapRunStarted,
  MapRunUpdated,
  ResultsWritten,
} from './map-run-event.ts';
import type {
  EventReceived,
  ItemsAdded,
  ItemsClosed,
  ItemsReleased,
  JoinCounted,
  JoinTieBroken,
  JoinUndecided,
  OffersChanged,
  PlaceReached,
  StatesWithdrawn,
  TaskReturned,
  TokensAbsorbed,
  TokensJoined,
} from './net-event.ts';
import type { OpenState } from './open-state.ts';
import type { PermitsGranted, PermitsRequested } from './permit-event.ts';
import type { Failure, Targets } from './plan.ts';
import type { SearchFields } from './search.ts';
import type { ActivationId, Deed, ExecutionIdentity, ScopeId, TokenId } from './state.ts';

/**
 * What happened to an execution, as its log keeps it. Events record decisions: `evolve` never evaluates an expression.
 * A value stands in the log once; a field that says "absent: same as …" is left out where the value is the very same.
 * Names and meanings never change once released: a new meaning is a new type.
 */
export type ExecutionEvent = EventBody & {
  /** When, ms since the epoch. */
  readonly at: number;
};

export type EventBody =
  | ExecutionStarted
  | StateEntered
  | TaskScheduled
  | TaskStarted
  | TaskSubmitted
  | TaskHeartbeat
  | TaskSucceeded
  | TaskFailed
  | RetryScheduled
  | WaitStarted
  | BranchesStarted
  | ItemsCounted
  | ItemsStarted
  | ItemStarted
  | MapRunStarted
  | ItemsRead
  | ChildrenStarted
  | ChildrenLaunched
  | ChildEnded
  | MapRunFailing
  | MapRunUpdated
  | ResultsWritten
  | PlaceReached
  | TokensJoined
  | TokensAbsorbed
  | JoinCounted
  | JoinUndecided
  | JoinTieBroken
  | StatesWithdrawn
  | OffersChanged
  | EventReceived
  | TaskReturned
  | TaskAllocated
  | TaskDelegated
  | TaskEscalated
  | ItemsAdded
  | ItemsReleased
  | ItemsClosed
  | PermitsRequested
  | PermitsGranted
  | CancellationsOwed
  | CancellationsDone
  | ScopeSucceeded
  | ScopeFailed
  | BranchesWithdrawn
  | BranchesSucceeded
  | BranchesFailed
  | EvaluationFailed
  | StateExited
  | ExecutionSucceeded
  | ExecutionFailed
  | ExecutionTimedOut
  | ExecutionAborted
  | ExecutionRedriven
  | ExecutionForked
  | ExecutionMigrated
  | ExecutionSuspended
  | ExecutionResumed
  | PayloadsErased;

export type EventType = EventBody['type'];

export interface ExecutionStarted {
  readonly type: 'ExecutionStarted';
  readonly identity: ExecutionIdentity;
  readonly input: Json;
  readonly startAt: string;
  readonly timeoutAt?: number;
  /** What it is found by; absent: nothing. */
  readonly search?: SearchFields;
}

/** A state consumed its tokens; its input is their value, after a join the array of their values. */
export interface StateEntered {
  readonly type: 'StateEntered';
  readonly id: ActivationId;
  readonly tokens: readonly TokenId[];
  /** Where the first of them rests in a place: the state that takes them. */
  readonly state?: string;
  /** Id of the event that started it, which is taken out of those that wait. */
  readonly event?: string;
}

export interface TaskScheduled {
  readonly type: 'TaskScheduled';
  readonly id: ActivationId;
  readonly attempt: number;
  /** Absent: same as the state's input. */
  readonly input?: Json;
  readonly token?: string;
  readonly roleArn?: string;
  readonly timeoutAt?: number;
  readonly heartbeatSeconds?: number;
  /** Of a work item: when it goes to others if nobody has started it. */
  readonly escalateAt?: number;
}

/** A worker took the task of an activity. */
export interface TaskStarted {
  readonly type: 'TaskStarted';
  readonly id: ActivationId;
  readonly worker?: string;
}

/** The service accepted the request; the end of the work will be told (callback or `.sync`). */
export interface TaskSubmitted {
  readonly type: 'TaskSubmitted';
  readonly id: ActivationId;
  readonly output: Json;
}

export interface TaskHeartbeat {
  readonly type: 'TaskHeartbeat';
  readonly id: ActivationId;
}

export interface TaskSucceeded {
  readonly type: 'TaskSucceeded';
  readonly id: ActivationId;
  readonly output: Json;
}

export interface TaskFailed extends Failure {
  readonly type: 'TaskFailed';
  readonly id: ActivationId;
  /** How it failed: the work itself, its time, or the attempt to hand it out (to a function or service). */
  readonly reason: 'failed' | 'timedOut' | 'notScheduled' | 'notStarted' | 'notSubmitted';
}

export interface RetryScheduled {
  readonly type: 'RetryScheduled';
  readonly id: ActivationId;
  /** Index of the retrier in the state's `Retry`. */
  readonly retrier: number;
  readonly dueAt: number;
}

export interface WaitStarted {
  readonly type: 'WaitStarted';
  readonly id: ActivationId;
  readonly dueAt: number;
}

/** A Parallel opened its branches: scopes `firstScope`, `firstScope + 1`, … one for each branch. */
export interface BranchesStarted {
  readonly type: 'BranchesStarted';
  readonly id: ActivationId;
  readonly firstScope: ScopeId;
  /** Absent: same as the state's input. */
  readonly input?: Json;
}

/**
 * The items of a Map are known, but it does not start: how many failures it tolerates cannot be told. Shown in history,
 * changes nothing by itself.
 */
export interface ItemsCounted {
  readonly type: 'ItemsCounted';
  readonly id: ActivationId;
  readonly length: number;
}

export interface ItemsStarted {
  readonly type: 'ItemsStarted';
  readonly id: ActivationId;
  /** Absent: the state's input is the array. */
  readonly items?: readonly Json[];
  readonly maxConcurrency: number;
  readonly toleratedCount: number;
  /** Of a Map with a completion of its own: so many completed items are enough. */
  readonly enough?: number;
}

export interface ItemStarted {
  readonly type: 'ItemStarted';
  readonly id: ActivationId;
  readonly index: number;
  readonly scope: ScopeId;
  /** Absent: the item itself. */
  readonly input?: Json;
}

/** Work outside was given up and has to be told so: child executions and jobs that would run on. */
export interface CancellationsOwed {
  readonly type: 'CancellationsOwed';
  readonly tasks: readonly TaskAssignment[];
}

/** So many of them, the first ones, have been told. */
export interface CancellationsDone {
  readonly type: 'CancellationsDone';
  readonly count: number;
}

/** A branch or an item is through. */
export interface ScopeSucceeded {
  readonly type: 'ScopeSucceeded';
  readonly scope: ScopeId;
}

export interface ScopeFailed extends Failure {
  readonly type: 'ScopeFailed';
  readonly scope: ScopeId;
  /** The state whose failure it was; absent: nothing could happen in the scope any more. */
  readonly id?: ActivationId;
}

/** All branches or items of a Parallel or Map that were still open were given up, with everything in them. */
export interface BranchesWithdrawn {
  readonly type: 'BranchesWithdrawn';
  readonly id: ActivationId;
  /** The error because of which. */
  readonly error?: string;
}

/** All branches or items of a Parallel or Map are through; their results are its raw result. */
export interface BranchesSucceeded {
  readonly type: 'BranchesSucceeded';
  readonly id: ActivationId;
}

export interface BranchesFailed extends Failure {
  readonly type: 'BranchesFailed';
  readonly id: ActivationId;
}

/** A JSONata expression of the state failed; shown in history, changes nothing by itself. */
export interface EvaluationFailed {
  readonly type: 'EvaluationFailed';
  readonly id: ActivationId;
  readonly error: string;
  readonly cause: string;
  readonly location?: string;
}

/** A state completed: sets variables and produces one token for each name in `next`; none: the token ends. */
export interface StateExited {
  readonly type: 'StateExited';
  readonly id: ActivationId;
  readonly next: Targets;
  /** Absent: same as the last value the log has for this activation (its task's output, else its input). */
  readonly output?: Json;
  readonly assign?: JsonObject;
}

export interface ExecutionSucceeded {
  readonly type: 'ExecutionSucceeded';
  /** Absent: same as the output of the top level. */
  readonly output?: Json;
}

export interface ExecutionFailed extends Failure {
  readonly type: 'ExecutionFailed';
  /** The state whose failure it was; absent: nothing could happen any more. */
  readonly id?: ActivationId;
}

export interface ExecutionTimedOut extends Failure {
  readonly type: 'ExecutionTimedOut';
}

export interface ExecutionAborted extends Failure {
  readonly type: 'ExecutionAborted';
}

/**
 * An execution that had failed, timed out or been aborted goes on: open is what was open before its end, with the states
 * that were at work put back to their start. The turn that comes runs them.
 */
export interface ExecutionRedriven extends OpenState {
  readonly type: 'ExecutionRedriven';
  /** How often it has been redriven, this time included. */
  readonly redriveCount: number;
  readonly timeoutAt?: number;
  readonly clientToken?: string;
  /** It goes on with another definition: the plans of `scopes` are indices into that one's. */
  readonly definition?: { readonly revision: string; readonly roleArn: string };
}

/** The execution goes on from where another one was; this is its second event. The turn that comes runs what is open. */
export interface ExecutionForked extends OpenState {
  readonly type: 'ExecutionForked';
  /** The other one, and after which of its commits. */
  readonly from: { readonly execution: string; readonly commit: number };
  readonly nextId: number;
  readonly deeds?: readonly Deed[];
}

/** An execution that runs goes on with another definition; what is open in it stays so. */
export interface ExecutionMigrated {
  readonly type: 'ExecutionMigrated';
  readonly definition: { readonly revision: string; readonly roleArn: string };
  /** Of each open scope. */
  readonly scopes: readonly {
    readonly id: ScopeId;
    /** Index of its plan in the new definition. */
    readonly plan: number;
    /** It was plain Amazon States Language, and is a net now. */
    readonly becomesNet?: true;
    /** States whose joins begin a new round, since they no longer say how they count. */
    readonly newRounds?: readonly string[];
  }[];
}

/** Until it is resumed, nothing in the execution begins, and nothing falls due but its own end; what is at work outside stays so. */
export interface ExecutionSuspended {
  readonly type: 'ExecutionSuspended';
  readonly reason?: string;
}

export interface ExecutionResumed {
  readonly type: 'ExecutionResumed';
}

/** The payloads in the log of a closed execution are no longer there, or about to go: it cannot be read any more. */
export interface PayloadsErased {
  readonly type: 'PayloadsErased';
}
