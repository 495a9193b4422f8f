import type { Json } from './json.ts';
import type { TaskResource } from './plan.ts';
import type { ActivationId, ParentRef, TraceContext } from './state.ts';
import type { Staffing } from './work-item.ts';

/**
 * What is to be done outside, as data. Effects are a function of the state: after a crash `outstanding` gives the
 * ones of all open work again, so each must be harmless when repeated with the same idempotency key.
 */
export type Effect = InvokeTask | OfferTask | CancelTask | NotifyParent | AcquirePermits | ReleasePermits;

/** Call a function or a service; the answer comes back as a `TaskCommand`. */
export interface InvokeTask {
  readonly type: 'InvokeTask';
  readonly task: TaskAssignment;
  /** May be called before that is on record, and by two processes at the same time. */
  readonly idempotent: boolean;
}

/** Put the task where workers fetch it (an activity). */
export interface OfferTask {
  readonly type: 'OfferTask';
  readonly task: TaskAssignment;
}

/** The work was withdrawn or timed out: tell whoever does it, if that is possible. */
export interface CancelTask {
  readonly type: 'CancelTask';
  readonly task: TaskAssignment;
  /** It stands in the state until it has been carried out (`CancellationsDone`). */
  readonly owed?: true;
}

/** Tell the execution that waits for this one that it has closed; repeated until the parent has it. */
export interface NotifyParent {
  readonly type: 'NotifyParent';
  readonly parent: ParentRef;
}

/** Get the permits that an attempt, or the execution as a whole (0), waits for: all of them, one after the other. */
export interface AcquirePermits {
  readonly type: 'AcquirePermits';
  readonly activation: ActivationId;
  readonly attempt: number;
  /** In ascending order. */
  readonly pools: readonly string[];
  readonly ticket: string;
  /** Absent: the execution as a whole. */
  readonly state?: string;
}

/** It no longer needs them, or no longer waits. What is lost in a crash is found when somebody else waits. */
export interface ReleasePermits {
  readonly type: 'ReleasePermits';
  readonly activation: ActivationId;
  readonly attempt: number;
  readonly pools: readonly string[];
  readonly ticket: string;
}

export interface TaskAssignment {
  /** ARN of the execution. */
  readonly execution: string;
  readonly activation: ActivationId;
  readonly attempt: number;
  readonly state: string;
  /** The same for every attempt of this visit to the state, and whatever became of visits that were not saved before a crash. ASCII. */
  readonly idempotencyKey: string;
  readonly resource: TaskResource;
  readonly input: Json;
  /** ms since the epoch. */
  readonly scheduledAt: number;
  readonly token?: string;
  /** The role that the state names to be called as. */
  readonly roleArn?: string;
  /** The role of the workflow: for a state that names none, where the engine may assume it. */
  readonly workflowRoleArn: string;
  /** ms since the epoch; the engine itself ends the attempt then. */
  readonly timeoutAt?: number;
  readonly heartbeatSeconds?: number;
  /** What the service answered when it accepted the job of a `.sync` task: find out whether that has ended. */
  readonly submitted?: Json;
  /** Of a work item: whom it is for. */
  readonly staffing?: Staffing;
  /** What the work is to hang its spans on; only in what invokers are called with. */
  readonly trace?: TraceContext;
}
