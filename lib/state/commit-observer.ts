import type { ExecutionEvent } from '../model/event.ts';
import type { LiveExecution } from './state-manager.ts';

/** Hears of every commit that this process writes or tries to write. It must neither fail nor change anything. */
export interface CommitObserver {
  /** A write begins; the result is called with its outcome, and not at all if that is unknown. `undefined`: of no interest. */
  committing(
    live: LiveExecution,
    events: readonly ExecutionEvent[],
  ): ((outcome: 'appended' | 'conflict') => void) | undefined;
}
