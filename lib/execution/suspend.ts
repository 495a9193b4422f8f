import type { EventBody } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateManager } from '../state/state-manager.ts';
import { nextRound } from './contention.ts';

/** `'same'`: it was so already. */
export type SuspensionOutcome = 'done' | 'same' | 'closed' | 'notFound';

interface SuspensionParts {
  readonly states: StateManager;
  readonly clock: Clock;
}

/**
 * Holds an execution back, or lets it go on, by one commit beside the turn that may be under way: that one finds its next
 * number taken, and goes on from here. A call that it had just recorded may still be made.
 *
 * @param change `ExecutionSuspended` or `ExecutionResumed`.
 */
export async function changeSuspension(
  { states, clock }: SuspensionParts,
  execution: string,
  change: Extract<EventBody, { type: 'ExecutionSuspended' | 'ExecutionResumed' }>,
): Promise<SuspensionOutcome> {
  for (let round = 0; ; round = nextRound(round, execution)) {
    const live = await states.load(execution);
    if (live === undefined) return 'notFound';
    if (live.state.status !== 'RUNNING') return 'closed';
    const suspends = change.type === 'ExecutionSuspended';
    if ((live.state.suspended !== undefined) === suspends) return 'same';
    const event = { ...change, at: clock.now() };
    live.state = evolve(live.plan, live.state, event);
    if ((await states.commitBeside(live, [event])) === 'conflict') continue;
    return 'done';
  }
}
