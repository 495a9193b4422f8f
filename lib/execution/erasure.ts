import type { ExecutionEvent } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateManager } from '../state/state-manager.ts';

/** `open`: it runs, or still has to tell others of its end. */
export type ErasureOutcome = 'erased' | 'open' | 'notFound';

/**
 * Takes the payloads out of the log of a closed execution. First a commit says so: it is the fence against whoever takes
 * the execution up again meanwhile, and stands in its chain for ever. Whoever asks again, after a failure, goes on from there.
 */
export async function eraseExecution(
  { states, clock }: { readonly states: StateManager; readonly clock: Clock },
  execution: string,
): Promise<ErasureOutcome> {
  for (;;) {
    const live = await states.load(execution);
    if (live === undefined) {
      if (!(await states.isErased(execution))) return 'notFound';
      break;
    }
    if (live.state.status === 'RUNNING' || live.state.owed.length > 0) return 'open';
    if (live.state.erasedAt !== undefined) break;
    const event: ExecutionEvent = { type: 'PayloadsErased', at: clock.now() };
    live.state = evolve(live.plan, live.state, event);
    if ((await states.commit(live, [event], undefined)) === 'appended') break;
  }
  await states.erase(execution);
  return 'erased';
}
