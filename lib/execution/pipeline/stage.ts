import type { Json } from '../../model/json.ts';

/**
 * One step that a deployment puts into the way of every execution: it may look at inputs and outputs, change them, or
 * refuse. All hooks may be asynchronous, and have 30 seconds. `undefined` as an answer means: as it is.
 *
 * Before a start and before a task the first stage of the list comes first; after a task the last one does, so that
 * a stage encloses those behind it. What hooks answer has to be JSON. They run once for each attempt, and again where a
 * process died between the call and its commit: they must be harmless when repeated.
 */
export interface PipelineStage {
  /** Stands in the errors of what it refuses; unique in the list. */
  readonly name: string;
  /**
   * Before an execution is started, by whatever way; what it answers is what the log has. Not for the children of map runs:
   * these are part of their execution. Where it throws, nothing is started.
   */
  beforeStart?(start: StageStart): StartAnswer | Promise<StartAnswer>;
  /**
   * Undoes `beforeStart`, as far as two inputs must agree in for their starts to be the same one. Only for a stage whose
   * answer is another each time, as with random nonces: without it the repeated start of an execution would be taken for another
   * start of the same name.
   */
  comparable?(input: Json): Json | Promise<Json>;
  /**
   * Right before the engine calls a task, once rate limits and breakers have let it pass. What it answers goes to the
   * task alone; the log keeps the input that it had. Where it throws, the task is not called and fails with
   * `Knhk.StageFailed`. Not when the engine asks whether a job has ended, nor for tasks that somebody outside takes.
   */
  beforeTask?(task: StageTask): TaskAnswer | Promise<TaskAnswer>;
  /**
   * When the call of a task has ended, for stages whose `beforeTask` let it pass; what it answers is what the log has. Where it
   * throws, the task fails with `Knhk.StageFailed`, although it has been called. Not when it was withdrawn before.
   */
  afterTask?(task: StageTask, end: TaskEnd): TaskEnd | undefined | Promise<TaskEnd | undefined>;
}

/** An execution that is about to be started. */
export interface StageStart {
  /** ARN. */
  readonly execution: string;
  /** Name of the workflow. */
  readonly workflow: string;
  readonly revision: string;
  /** ARN of the execution that starts it, and waits for it. */
  readonly parent?: string;
  readonly input: Json;
}

export type StartAnswer = undefined | { readonly input: Json } | { readonly refused: string };

/** A task that is about to be called, or has been. `input` is as the stages before this one have left it. */
export interface StageTask {
  /** ARN. */
  readonly execution: string;
  readonly state: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same for every attempt of this visit to the state. */
  readonly idempotencyKey: string;
  /** ARN of what is called. */
  readonly resource: string;
  readonly input: Json;
  /** Aborts when the task is withdrawn or has timed out. */
  readonly signal: AbortSignal;
}

export type TaskAnswer =
  | undefined
  | { readonly input: Json }
  /** The task is not called, and fails with this error, which its `Retry` and `Catch` may name. */
  | { readonly error: string; readonly cause?: string };

export type TaskEnd =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'failed'; readonly error: string; readonly cause?: string };

/** The stages of a deployment, the first one first: what its module exports as `default`, itself or as a function. */
export type PipelineStages =
  | readonly PipelineStage[]
  | (() => readonly PipelineStage[] | Promise<readonly PipelineStage[]>);
