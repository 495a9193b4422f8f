import type { TaskAssignment } from '../../model/effect.ts';
import type { Json } from '../../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import { type Hooks, STAGE_FAILED, StageFailed } from './hooks.ts';
import type { PipelineStage, StageTask, TaskEnd } from './stage.ts';

type Failed = Extract<TaskOutcome, { kind: 'failed' }>;

/** A stage that let the task pass, and the task as it got it. */
interface Passed {
  readonly stage: PipelineStage;
  readonly task: StageTask;
}

type Admission = { readonly input: Json } | { readonly failed: Failed };

/**
 * Has the stages look at each call of a task, and at its end. Stands behind the gates: what these hold back must not go
 * through the stages twice. To look whether a job has ended is no call; its end passes all stages that have passed the call.
 */
export class StagedTasks implements TaskInvoker {
  readonly #invoker: TaskInvoker;
  readonly #stages: readonly PipelineStage[];
  readonly #hooks: Hooks;

  constructor(invoker: TaskInvoker, stages: readonly PipelineStage[], hooks: Hooks) {
    this.#invoker = invoker;
    this.#stages = stages;
    this.#hooks = hooks;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const passed: Passed[] = [];
    const admission: Admission = task.submitted === undefined ? await this.#before(task, signal, passed) : task;
    if (task.submitted !== undefined) this.#passAll(task, signal, passed);
    if (signal.aborted) return { kind: 'later', afterMs: 0 };
    const outcome =
      'failed' in admission
        ? admission.failed
        : await this.#invoker.invoke(
            admission.input === task.input ? task : { ...task, input: admission.input },
            signal,
          );
    if (signal.aborted || outcome.kind === 'later' || outcome.kind === 'submitted') return outcome;
    return this.#after(outcome, passed);
  }

  async cancel(task: TaskAssignment): Promise<void> {
    await this.#invoker.cancel?.(task);
  }

  async #before(assignment: TaskAssignment, signal: AbortSignal, passed: Passed[]): Promise<Admission> {
    let { input } = assignment;
    for (const stage of this.#stages) {
      if (signal.aborted) break;
      const task = staged(assignment, input, signal);
      if (stage.beforeTask !== undefined) {
        try {
          const answer = await this.#hooks.call(stage, 'beforeTask', () => stage.beforeTask?.(task));
          if (answer !== undefined && 'error' in answer) return { failed: refusedBy(answer) };
          if (answer !== undefined) input = this.#hooks.json(stage, 'beforeTask', answer.input);
        } catch (error) {
          return { failed: { ...failedIn(error), reason: 'notStarted' } };
        }
      }
      passed.push({ stage, task });
    }
    return { input };
  }

  #passAll(assignment: TaskAssignment, signal: AbortSignal, passed: Passed[]): void {
    for (const stage of this.#stages) passed.push({ stage, task: staged(assignment, assignment.input, signal) });
  }

  async #after(outcome: TaskOutcome & TaskEnd, passed: readonly Passed[]): Promise<TaskOutcome> {
    const reason = outcome.kind === 'failed' ? (outcome as Failed).reason : 'failed';
    let end: TaskEnd = outcome;
    for (const { stage, task } of passed.toReversed()) {
      if (stage.afterTask === undefined) continue;
      const before = end;
      try {
        const answer = await this.#hooks.call(stage, 'afterTask', () => stage.afterTask?.(task, before));
        if (answer !== undefined) end = this.#asEnd(stage, answer);
      } catch (error) {
        end = failedIn(error);
      }
    }
    if (end === outcome) return outcome;
    return end.kind === 'succeeded' ? end : { ...end, reason };
  }

  #asEnd(stage: PipelineStage, end: TaskEnd): TaskEnd {
    if (end.kind === 'succeeded')
      return { kind: 'succeeded', output: this.#hooks.json(stage, 'afterTask', end.output) };
    const { error, cause } = end;
    return { kind: 'failed', error: String(error), ...(cause === undefined ? {} : { cause: String(cause) }) };
  }
}

function staged(assignment: TaskAssignment, input: Json, signal: AbortSignal): StageTask {
  const { execution, state, attempt, idempotencyKey, resource } = assignment;
  return { execution, state, attempt, idempotencyKey, resource: resource.arn, input, signal };
}

function refusedBy({ error, cause }: { readonly error: string; readonly cause?: string }): Failed {
  const given = { kind: 'failed', error: String(error), reason: 'notStarted' } as const;
  return cause === undefined ? given : { ...given, cause: String(cause) };
}

/** Rejects what is no failure of a stage: the engine itself is at fault then. */
function failedIn(error: unknown): Extract<TaskEnd, { kind: 'failed' }> {
  if (!(error instanceof StageFailed)) throw error;
  return { kind: 'failed', error: STAGE_FAILED, cause: error.message };
}
