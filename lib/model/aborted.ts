import { ErrorName } from './errors.ts';
import type { BranchesWithdrawn, ScopeFailed } from './event.ts';
import { activation, planOf, scope } from './fold.ts';
import { scopesWithin } from './fold-scopes.ts';
import { isLeft } from './item-control.ts';
import type { StatesWithdrawn } from './net-event.ts';
import type { Plan, StateType } from './plan.ts';
import type { Activation, ActivationId, ExecutionState, ScopeId, Token, TokenId } from './state.ts';

/** What a history shows as aborted when branches, items or states are given up. */

export interface Aborted {
  /** States that were at work, in the order of entering. */
  readonly states: readonly Activation[];
  /** Tokens that rested in places. */
  readonly tokens: readonly Token[];
}

/** A branch or item that was given up, and what was open in it. */
export interface AbortedScope extends Aborted {
  readonly scope: ScopeId;
}

/** A state that was withdrawn, and before it what it had open. */
export interface AbortedState {
  readonly active: Activation;
  readonly within: readonly AbortedScope[];
  /** Whether it is shown itself: a Map that has been left is not, only the items that it had left open. */
  readonly isShown: boolean;
}

const NOTHING: Aborted = { states: [], tokens: [] };

/** How many events that is. */
export function abortedCount({ states, tokens }: Aborted): number {
  return states.length + tokens.length;
}

/** An error that ends the execution leaves no trace in history but the end itself. */
export function isSilent(error: string | undefined): boolean {
  return error === ErrorName.runtime;
}

/** What is shown as aborted when a branch or item fails: the task that failed, and all else that was open in it. */
export function abortedByFailure(plan: Plan, state: ExecutionState, event: ScopeFailed): Aborted {
  const failed = scope(state, event.scope);
  if (isSilent(event.error)) return NOTHING;
  const culprit = event.id === undefined ? undefined : activation(state, event.id);
  const isTask = culprit !== undefined && planOf(plan, state, culprit).type === 'Task';
  if (failed.live === 1 && culprit !== undefined) return { states: isTask ? [culprit] : [], tokens: [] };
  return openWithin(plan, state, [failed.id], (active) => {
    return active === culprit ? isTask : isShownAborted(plan, state, active);
  });
}

/**
 * What is shown as aborted when a scope that is a net ends, or the execution with it, and something is open in it still.
 * @param culprit the state whose failure it was.
 */
export function abortedByEnd(plan: Plan, state: ExecutionState, id: ScopeId, culprit?: ActivationId): Aborted {
  const ended = scope(state, id);
  if (ended.net === undefined || ended.live === 0) return NOTHING;
  return openWithin(plan, state, [id], (active) => active.id !== culprit && isShownAborted(plan, state, active));
}

function openWithin(
  plan: Plan,
  state: ExecutionState,
  scopes: readonly ScopeId[],
  isShown: (active: Activation) => boolean,
): Aborted {
  const within = scopesWithin(state, scopes);
  const states = [...state.activations.values()].filter((active) => within.has(active.scope) && isShown(active));
  return { states, tokens: restingTokens(plan, state).filter((token) => within.has(token.scope)) };
}

/** What is shown as aborted when all open branches or items of a state are given up, branch by branch. */
export function abortedByWithdrawal(
  plan: Plan,
  state: ExecutionState,
  event: Pick<BranchesWithdrawn, 'id' | 'error'>,
): readonly AbortedScope[] {
  const { work } = activation(state, event.id);
  if (isSilent(event.error) || (work.kind !== 'branches' && work.kind !== 'items')) return [];
  const open = new Map<ScopeId, { readonly states: Activation[]; readonly tokens: Token[] }>();
  for (const id of work.open) open.set(id, { states: [], tokens: [] });
  if (open.size === 0) return [];
  for (const active of state.activations.values()) {
    if (isShownAborted(plan, state, active)) outermost(state, active.scope, open)?.states.push(active);
  }
  for (const token of restingTokens(plan, state)) outermost(state, token.scope, open)?.tokens.push(token);
  return [...open].map(([id, aborted]) => ({ scope: id, ...aborted }));
}

/** What is shown as aborted when states of a net are withdrawn, in the order in which the event names them. */
export function abortedStates(plan: Plan, state: ExecutionState, event: StatesWithdrawn): readonly AbortedState[] {
  return event.activations.map((id) => {
    const active = activation(state, id);
    return {
      active,
      within: abortedByWithdrawal(plan, state, { id }),
      isShown: isShownAborted(plan, state, active),
    };
  });
}

/** Those of the tokens that rest in places. */
export function restingAmong(state: ExecutionState, ids: readonly TokenId[]): readonly Token[] {
  return ids.flatMap((id) => {
    const token = state.tokens.get(id);
    return token?.resting === true ? [token] : [];
  });
}

/** In the order in which they were made. */
function restingTokens(plan: Plan, state: ExecutionState): readonly Token[] {
  if (state.tokens.size === 0 || plan.scopes.every(({ net }) => net === undefined)) return [];
  return [...state.tokens.values()].filter(({ resting }) => resting === true).sort((a, b) => a.id - b.id);
}

/** The entry of the scope, among those given, that something is in. */
function outermost<T>(state: ExecutionState, inner: ScopeId, among: ReadonlyMap<ScopeId, T>): T | undefined {
  for (let current: ScopeId | undefined = inner; current !== undefined; ) {
    const found = among.get(current);
    if (found !== undefined) return found;
    const opener: ActivationId | undefined = scope(state, current).parent?.activation;
    current = opener === undefined ? undefined : state.activations.get(opener)?.scope;
  }
  return undefined;
}

const ABORTABLE: ReadonlySet<StateType> = new Set<StateType>(['Task', 'Wait', 'Parallel', 'Map']);

function isShownAborted(plan: Plan, state: ExecutionState, active: Activation): boolean {
  return ABORTABLE.has(planOf(plan, state, active).type) && !isLeft(active);
}
