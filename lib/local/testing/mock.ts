import type { Json } from '../../model/json.ts';

/** What a task answers in a test, as data. At most one of `Return`, `Throw`, `Never` and `Untaken`; none: `Return: {}`. */
export interface MockAnswer {
  /** The result of the task: of a Lambda function's ARN what the function returns, of `lambda:invoke` the whole response. */
  readonly Return?: Json;
  readonly Throw?: MockFailure;
  /** The task never answers: whoever waits for it times out, or waits for ever. */
  readonly Never?: true;
  /** Of an activity or a work item: simulated seconds until somebody takes it; 0 by default. */
  readonly TakenAfterSeconds?: number;
  /** Of an activity or a work item: nobody ever takes it. */
  readonly Untaken?: true;
  /** Simulated seconds until the answer, from when it was taken; 0 by default. */
  readonly AfterSeconds?: number;
  /** The worker sends a heartbeat every so many simulated seconds, as long as it works. */
  readonly HeartbeatSeconds?: number;
  /** With `.sync` and `.waitForTaskToken`: the response to the request, before the work itself ends. */
  readonly Submit?: Json;
}

export interface MockFailure {
  readonly Error: string;
  readonly Cause?: string;
}

/** A call of a mocked task. */
export interface MockCall {
  readonly state: string;
  /** Of the workflow to which the execution belongs. */
  readonly workflow: string;
  /** ARN of the execution. */
  readonly execution: string;
  /** 1 for the first attempt of this visit to the state. */
  readonly attempt: number;
  /** How many calls of this state there were before, in the whole test. */
  readonly invocation: number;
  /** What the definition calls: the `Resource` of the task. */
  readonly resource: string;
  /** Present if the task is completed by a callback, or by an activity's worker. */
  readonly token?: string;
  /** Simulated time, ms since the epoch. */
  readonly now: number;
  /** Lets so much simulated time pass. Rejects never; what comes after it may be unwanted by then, see `signal`. */
  wait(seconds: number): Promise<void>;
  /** Tells that the work goes on: counts as a heartbeat of a callback or an activity. */
  heartbeat(): Promise<void>;
  /** Never resolves: `await call.never()` leaves the task unanswered. */
  never(): Promise<never>;
  /** Aborts when the task has timed out or is withdrawn. */
  readonly signal: AbortSignal;
}

/**
 * A task in a test, as code: gets what the task is called with, and returns its result. What it throws fails the task: a
 * `TaskFailure` with its error and cause, anything else as a Lambda function that threw it. Takes no simulated time but by
 * `call.wait`, however long it really takes.
 */
// biome-ignore lint/suspicious/noExplicitAny: a mock declares the shape of the input it expects; the engine cannot know it.
export type MockFunction = (input: any, call: MockCall) => unknown;

export type MockReply = MockAnswer | MockFunction;

/**
 * Replies by invocation, as Step Functions Local has them: `"0"` is the first call of the state in the test, `"1-2"` are the
 * second and third (retries and later visits count on), `"*"` all that no other key names.
 */
export interface MockSequence {
  readonly [invocations: string]: MockReply;
}

/** A reply for calls whose input contains `When`; counts its own invocations. */
export interface MockRule {
  /** JSON that the input must contain: objects may have more fields, everything else is equal. Absent: any input. */
  readonly When?: Json;
  readonly Then: MockReply | MockSequence;
}

/** What stands for the tasks of one state; of rules the first counts whose `When` fits. */
export type Mock = MockReply | MockSequence | readonly MockRule[];

/** Mocks by the name of the state, wherever in the definition it stands; `workflow/state` for a state of one workflow only. */
export interface Mocks {
  readonly [state: string]: Mock;
}

/** Thrown by a mock function: fails the task with this error and cause. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly error: string;
  readonly taskCause: string | undefined;

  constructor(error: string, cause?: string) {
    super(cause === undefined ? error : `${error}: ${cause}`);
    this.error = error;
    this.taskCause = cause;
  }
}
