import type { Draft } from './draft.ts';
import type { AcquirePermits, Effect } from './effect.ts';
import type { Limits } from './environment.ts';
import { attemptsMade } from './fold.ts';
import type { Activation, ActivationId, ExecutionState, Permit } from './state.ts';

/**
 * Permits of resource pools: leave to work, granted outside, where all executions meet. A state that needs some waits,
 * `queued`, from its entering until it has them; an execution that needs some starts nothing before. They are given up
 * when the attempt ends: a state that waits for its next attempt holds none, and asks again.
 *
 * What is granted is a fact that comes from outside; that it was given up follows from the state.
 */

/** Stands for the execution as a whole where an activation holds permits. */
export const WHOLE_EXECUTION: ActivationId = 0;

/** Whether nothing in the execution begins: it is suspended, or still waits for permits of its own. */
export function isHeldBack({ permits, suspended }: ExecutionState): boolean {
  if (suspended !== undefined) return true;
  const permit = permits?.get(WHOLE_EXECUTION);
  return permit !== undefined && permit.grantedAt === undefined;
}

/**
 * Asks for the permits that the attempt which is about to begin needs. False: it needs none, or has them.
 * @param candidates names of pools that it would need if they were limited.
 */
export function asksForPermits(draft: Draft, active: Activation, candidates: readonly (string | undefined)[]): boolean {
  const { limits } = draft.occasion;
  if (limits === undefined) return false;
  const attempt = attemptsMade(active) + 1;
  const permit = draft.state.permits?.get(active.id);
  if (permit?.attempt === attempt && permit.grantedAt !== undefined) return false;
  const pools = limitedAmong(limits, candidates);
  if (pools.length === 0) return false;
  requestPermits(draft, limits, active.id, attempt, pools);
  return true;
}

/** Those that have a limit, each once, in ascending order: the order in which everybody takes permits. */
export function limitedAmong(limits: Limits, candidates: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(candidates)].filter((name): name is string => name !== undefined && limits.has(name)).sort();
}

export function requestPermits(
  draft: Draft,
  limits: Limits,
  id: ActivationId,
  attempt: number,
  pools: readonly string[],
): void {
  draft.emit({ type: 'PermitsRequested', id, attempt, pools, ticket: limits.ticket() });
  draft.effects.push(...waitingPermits(draft.state).filter(({ activation }) => activation === id));
}

/** What has been asked for and not been granted, oldest first. */
export function waitingPermits({ permits, activations }: ExecutionState): readonly AcquirePermits[] {
  const waiting: AcquirePermits[] = [];
  for (const [activation, { attempt, pools, ticket, grantedAt }] of permits ?? []) {
    if (grantedAt !== undefined) continue;
    const state = activations.get(activation)?.state;
    waiting.push({
      type: 'AcquirePermits',
      activation,
      attempt,
      pools,
      ticket,
      ...(state === undefined ? {} : { state }),
    });
  }
  return waiting;
}

/** What was held or waited for, and is no longer. */
export function givenUp(before: ReadonlyMap<ActivationId, Permit>, { permits }: ExecutionState): readonly Effect[] {
  const gone: Effect[] = [];
  for (const [activation, { attempt, pools, ticket }] of before) {
    if (permits?.get(activation)?.ticket !== ticket) {
      gone.push({ type: 'ReleasePermits', activation, attempt, pools, ticket });
    }
  }
  return gone;
}
