import type { Span } from '@opentelemetry/api';
import type { TaskAssignment } from '../../model/effect.ts';
import type { TaskResource } from '../../model/plan.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import type { Observer } from './observer.ts';
import { traceOf } from './spans.ts';
import { endTask, markFailed } from './turn-trace.ts';

/** Measures the calls of tasks, and tells what is called the span to hang its own on. */
export class ObservedTasks implements TaskInvoker {
  readonly #invoker: TaskInvoker;
  readonly #observer: Observer;

  constructor(invoker: TaskInvoker, observer: Observer) {
    this.#invoker = invoker;
    this.#observer = observer;
  }

  invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const turn = this.#observer.traceOfTask(task);
    if (turn === undefined) return this.#invoker.invoke(task, signal);
    return this.#observed(task, signal, turn.isRecording ? turn.task(task) : undefined, turn.trace);
  }

  async #observed(
    task: TaskAssignment,
    signal: AbortSignal,
    span: Span | undefined,
    around: TaskAssignment['trace'],
  ): Promise<TaskOutcome> {
    const began = performance.now();
    const trace = span === undefined ? around : traceOf(span);
    let kind: string = 'fault';
    try {
      const outcome = await this.#invoker.invoke(trace === undefined ? task : { ...task, trace }, signal);
      kind = outcome.kind;
      if (span !== undefined) endTask(span, outcome);
      return outcome;
    } catch (error) {
      if (span !== undefined) {
        markFailed(span, error instanceof Error ? error.name : 'fault');
        span.end();
      }
      throw error;
    } finally {
      const labels = { resource: nameOf(task.resource), outcome: kind };
      this.#observer.meter?.observe('knhk_task_seconds', labels, (performance.now() - began) / 1000);
    }
  }

  async cancel(task: TaskAssignment): Promise<void> {
    await this.#invoker.cancel?.(task);
  }
}

/** What kind of resource it is: functions and activities are too many to have a label of their own. */
function nameOf(resource: TaskResource): string {
  return resource.kind === 'service' ? `${resource.service}:${resource.action}` : resource.kind;
}
