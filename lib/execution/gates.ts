import type { TaskAssignment } from '../model/effect.ts';
import { targetOf } from '../model/target.ts';
import type { TaskInvoker, TaskOutcome } from '../ports/task-invoker.ts';
import { STAGE_FAILED } from './pipeline/hooks.ts';

/** Stands before the calls of tasks and may hold them back: a circuit breaker, a rate limit. */
export interface TaskGate {
  /**
   * Asked right before each call; answers at once where nothing has to be found out. Rejects only if the engine itself is at
   * fault; then the task is not called.
   */
  admit(call: TaskCall): Admission | Promise<Admission>;
}

export interface TaskCall {
  readonly task: TaskAssignment;
  /** What it puts load on (`targetOf`). */
  readonly target: string;
}

export type Admission =
  /** `ended`: is told once how the call ended; what it does must not hold up the task, nor throw. */
  | { readonly kind: 'admitted'; readonly ended?: (end: CallEnd) => void }
  /** Not now: the task stays scheduled, its time runs, and the gates are asked again so much later, ms. */
  | { readonly kind: 'later'; readonly afterMs: number }
  /** The task fails with this error, which its `Retry` and `Catch` may name. */
  | { readonly kind: 'refused'; readonly error: string; readonly cause: string };

/**
 * `notCalled`: a gate behind this one has held it back, or a stage of the pipeline has refused or spoilt it, which says nothing
 * about the target. `withdrawn`: the execution no longer wanted it. `fault`: the engine failed.
 */
export type CallEnd = {
  readonly kind: TaskOutcome['kind'] | 'notCalled' | 'withdrawn' | 'fault';
  /** How long the call took. */
  readonly ms: number;
  /** Of one that failed. */
  readonly error?: string;
};

/**
 * Asks gates before it calls a task, the first one first. To look whether a job has ended is no call: no gate is asked.
 *
 * What is held back is not on record. An execution that is loaded anew asks again.
 */
export class GatedTasks implements TaskInvoker {
  readonly #invoker: TaskInvoker;
  readonly #gates: readonly TaskGate[];

  constructor(invoker: TaskInvoker, gates: readonly TaskGate[]) {
    this.#invoker = invoker;
    this.#gates = gates;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    if (task.submitted !== undefined || this.#gates.length === 0) return this.#invoker.invoke(task, signal);
    const call = { task, target: targetOf(task.resource, task.input) };
    const passed: ((end: CallEnd) => void)[] = [];
    const tell = (end: CallEnd) => {
      for (const ended of passed) ended(end);
    };
    for (const gate of this.#gates) {
      const answer = gate.admit(call);
      const admission = isPromise(answer)
        ? await answer.catch((fault: unknown) => {
            tell({ kind: 'notCalled', ms: 0 });
            throw fault;
          })
        : answer;
      if (admission.kind === 'admitted') {
        if (admission.ended !== undefined) passed.push(admission.ended);
        continue;
      }
      tell({ kind: 'notCalled', ms: 0 });
      return admission.kind === 'later' ? admission : { ...admission, kind: 'failed', reason: 'notStarted' };
    }
    if (signal.aborted) {
      tell({ kind: 'notCalled', ms: 0 });
      return { kind: 'later', afterMs: 0 };
    }
    return passed.length === 0 ? this.#invoker.invoke(task, signal) : this.#call(task, signal, tell);
  }

  async #call(task: TaskAssignment, signal: AbortSignal, tell: (end: CallEnd) => void): Promise<TaskOutcome> {
    const began = performance.now();
    let isTold = false;
    const end = (how: Omit<CallEnd, 'ms'>) => {
      if (isTold) return;
      isTold = true;
      tell({ ...how, ms: performance.now() - began });
    };
    // What is withdrawn may go on for ever where nobody heeds the signal.
    const withdrawn = () => end({ kind: 'withdrawn' });
    signal.addEventListener('abort', withdrawn, { once: true });
    try {
      const outcome = await this.#invoker.invoke(task, signal);
      end(endOf(outcome));
      return outcome;
    } finally {
      signal.removeEventListener('abort', withdrawn);
      end({ kind: 'fault' });
    }
  }

  async cancel(task: TaskAssignment): Promise<void> {
    await this.#invoker.cancel?.(task);
  }
}

function endOf(outcome: TaskOutcome): Omit<CallEnd, 'ms'> {
  if (outcome.kind !== 'failed') return { kind: outcome.kind };
  const { error, reason } = outcome;
  return reason === 'notStarted' || error === STAGE_FAILED ? { kind: 'notCalled' } : { kind: 'failed', error };
}

function isPromise(answer: Admission | Promise<Admission>): answer is Promise<Admission> {
  return 'then' in answer;
}
