import { ErrorName } from './errors.ts';
import type { BranchesWithdrawn, ScopeFailed } from './event.ts';
import { activation, planOf, scope } from './fold.ts';
import { scopesWithin } from './fold-scopes.ts';
import type { Plan, StateType } from './plan.ts';
import type { Activation, ExecutionState, ScopeId } from './state.ts';

/** What a history shows as aborted when branches or items are given up. */

/** A branch or item that was given up, and the states that were open in it, in the order of entering. */
export interface AbortedScope {
  readonly scope: ScopeId;
  readonly states: readonly Activation[];
}

/** An error that ends the execution leaves no trace in history but the end itself. */
export function isSilent(error: string | undefined): boolean {
  return error === ErrorName.runtime;
}

/** The states shown as aborted when a branch or item fails: the task that failed, and all else that was open in it. */
export function abortedByFailure(plan: Plan, state: ExecutionState, event: ScopeFailed): readonly Activation[] {
  const failed = scope(state, event.scope);
  if (isSilent(event.error)) return [];
  const culprit = activation(state, event.id);
  const isTask = planOf(plan, state, culprit).type === 'Task';
  if (failed.live === 1) return isTask ? [culprit] : [];
  const within = scopesWithin(state, [event.scope]);
  return [...state.activations.values()].filter((active) => {
    if (active === culprit) return isTask;
    return within.has(active.scope) && isShownAborted(plan, state, active);
  });
}

/** What is shown as aborted when all open branches or items of a state are given up, branch by branch. */
export function abortedByWithdrawal(
  plan: Plan,
  state: ExecutionState,
  event: BranchesWithdrawn,
): readonly AbortedScope[] {
  const opener = activation(state, event.id);
  const { work } = opener;
  if (isSilent(event.error) || (work.kind !== 'branches' && work.kind !== 'items')) return [];
  const open = new Map<ScopeId, Activation[]>();
  for (const id of work.open) open.set(id, []);
  if (open.size === 0) return [];
  for (const active of state.activations.values()) {
    if (!isShownAborted(plan, state, active)) continue;
    outermost(state, active, open)?.push(active);
  }
  return [...open].map(([id, states]) => ({ scope: id, states }));
}

/** The entry of the scope, among those given, that the state is in. */
function outermost<T>(state: ExecutionState, active: Activation, among: ReadonlyMap<ScopeId, T>): T | undefined {
  for (let current: Activation | undefined = active; current !== undefined; ) {
    const found = among.get(current.scope);
    if (found !== undefined) return found;
    const parent: ScopeId | undefined = scope(state, current.scope).parent?.activation;
    current = parent === undefined ? undefined : state.activations.get(parent);
  }
  return undefined;
}

const ABORTABLE: ReadonlySet<StateType> = new Set<StateType>(['Task', 'Wait', 'Parallel', 'Map']);

function isShownAborted(plan: Plan, state: ExecutionState, active: Activation): boolean {
  return ABORTABLE.has(planOf(plan, state, active).type);
}
