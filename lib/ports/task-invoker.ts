import type { TaskAssignment } from '../model/effect.ts';
import type { Json } from '../model/json.ts';

/** Carries out tasks of one kind. */
export interface TaskInvoker {
  /**
   * Calls the function or service once; nothing underneath retries. Resolves with what it answered, whatever that
   * is; rejects only when the engine itself is at fault. `signal` aborts when the work is withdrawn or timed out.
   */
  invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome>;
  /** Ends work that goes on outside after `'submitted'`, as far as the service can: the execution no longer wants it. */
  cancel?(task: TaskAssignment): Promise<void>;
}

export type TaskOutcome =
  | { readonly kind: 'succeeded'; readonly output: Json }
  /**
   * Accepted; the end is told by a callback or a child. `output` is the response. With `askAfterMs` nobody tells it: the
   * task is invoked again so much later, at the latest, and then carries the response as `submitted`.
   */
  | { readonly kind: 'submitted'; readonly output: Json; readonly askAfterMs?: number }
  /** Not called: it is held back for the moment, and is to be invoked again so much later. */
  | { readonly kind: 'later'; readonly afterMs: number }
  | {
      readonly kind: 'failed';
      readonly error: string;
      readonly cause?: string;
      readonly reason: 'failed' | 'notScheduled' | 'notStarted' | 'notSubmitted';
    };
