import type { Json } from './json.ts';
import type { Failure } from './plan.ts';
import type { SearchFields } from './search.ts';
import type { ActivationId, ExecutionIdentity, ExecutionStatus } from './state.ts';

/** What the outside tells an execution. A command that no longer applies (a stale attempt, a closed execution) changes nothing. */
export type Command =
  | StartExecution
  | TaskCommand
  | ChildEnded
  | UpdateMapRun
  | SendEvent
  | AddItems
  | PermitsGranted
  /** So many owed cancellations, the first ones, have been carried out. */
  | { readonly type: 'CancellationsDone'; readonly count: number }
  /** Time has passed: whatever is due at the occasion's moment happens. Also goes on with what a full decision left over. */
  | { readonly type: 'Wake' }
  | StopExecution;

export interface StartExecution {
  readonly type: 'StartExecution';
  readonly identity: ExecutionIdentity;
  readonly input: Json;
  /** Pools that it needs a permit of before anything starts, in ascending order; absent: none. */
  readonly pools?: readonly string[] | undefined;
  /** What it is to be found by; absent: nothing. */
  readonly search?: SearchFields | undefined;
}

export interface StopExecution extends Failure {
  readonly type: 'StopExecution';
  /** `timesTakenUp` of the execution that is meant: one that has been taken up again since goes on. Absent: 0. */
  readonly redriveCount?: number;
}

/** A child of a map run has closed. */
export interface ChildEnded extends Failure {
  readonly type: 'ChildEnded';
  readonly activation: ActivationId;
  readonly round: number;
  readonly child: number;
  /** How often the child has been redriven. */
  readonly redrives: number;
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: Json;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly closedAt: number;
}

/** Something happened outside: starts the state that waits for it. */
export interface SendEvent {
  readonly type: 'SendEvent';
  /** Tells this event from others: a repeated one changes nothing. */
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
}

/** More items for a dynamic Map that runs. */
export interface AddItems {
  readonly type: 'AddItems';
  /** Tells this request from others. */
  readonly id: string;
  readonly activation: ActivationId;
  readonly items: readonly Json[];
}

/** Changes what holds for a map run from now on. */
export interface UpdateMapRun {
  readonly type: 'UpdateMapRun';
  /** Tells this request from others. */
  readonly id: string;
  /** ARN. */
  readonly run: string;
  /** 0 means no limit. */
  readonly maxConcurrency?: number;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
}

/** Somebody outside has granted all the permits that an attempt, or the execution as a whole (0), waits for. */
export interface PermitsGranted {
  readonly type: 'PermitsGranted';
  readonly activation: ActivationId;
  readonly attempt: number;
}

/** Names the attempt it is about, so that a late answer to an earlier one is recognised. */
interface AboutAttempt {
  readonly activation: ActivationId;
  readonly attempt: number;
}

/** Somebody outside has chosen who is to do a work item, or who may. */
export interface TaskAllocation {
  readonly type: 'AllocateTask';
  /** Of the request. */
  readonly round: number;
  readonly assignee?: string;
  /** Empty: nobody fits. */
  readonly candidates?: readonly string[];
}

export type AllocateTask = AboutAttempt & TaskAllocation;

/** Whoever has a work item, or is to do it, hands it to somebody else. */
export interface TaskDelegation {
  readonly type: 'DelegateTask';
  readonly worker: string;
  readonly to: string;
}

export type DelegateTask = AboutAttempt & TaskDelegation;

export type TaskCommand = AboutAttempt &
  (
    | { readonly type: 'TaskStarted'; readonly worker?: string }
    | TaskAllocation
    | TaskDelegation
    | { readonly type: 'TaskSubmitted'; readonly output: Json }
    | { readonly type: 'TaskHeartbeat' }
    /** Whoever took a work item gives it back, to be offered again. */
    | { readonly type: 'TaskReturned' }
    /** `worker`: must be the one who has it; absent: whoever has it. */
    | { readonly type: 'TaskSucceeded'; readonly output: Json; readonly worker?: string }
    | ({
        readonly type: 'TaskFailed';
        readonly worker?: string;
        readonly reason: 'failed' | 'notScheduled' | 'notStarted' | 'notSubmitted';
      } & Failure)
  );
