import type { Draft } from '../draft.ts';
import { endScope } from '../leave.ts';
import type { JoinPlan, Source } from '../net-plan.ts';
import type { StatePlan } from '../plan.ts';
import type { Token } from '../state.ts';
import { sourceOf } from './fold-net.ts';
import { consumed, countOf, failsByItsSize } from './starts.ts';
import type { NetView } from './view.ts';
import { withdraw } from './withdrawal.ts';

/**
 * Joins that count branches (WCP-9, 28 to 32): a round fires at its k-th distinct branch, absorbs the others, and ends
 * when every branch has arrived once; a token on a branch that has arrived is held back until then. They fire as soon
 * as their tokens are there; what they make of them starts the state alone.
 */

/** Lets the first of them that has something to do go one step. False: none has. */
export function advanceCounting(draft: Draft, view: NetView): boolean {
  for (const name of view.facts.counting) {
    const state = view.plan.states.get(name);
    const join = state?.start?.join;
    if (state === undefined || join?.kind !== 'count' || view.waiting(name).length === 0) continue;
    const arrived = view.net.rounds[name]?.arrived;
    const hasMoved = arrived === undefined ? fire(draft, view, state, join) : absorb(draft, view, name, arrived);
    if (hasMoved) return true;
  }
  return false;
}

type CountJoin = Extract<JoinPlan, { kind: 'count' }>;

function fire(draft: Draft, view: NetView, plan: StatePlan, join: CountJoin): boolean {
  const { name: state } = plan;
  const first = firstOfEach(view.waiting(state));
  const count = countOf(view, state, join);
  if (count === undefined || first.size < count) return false;
  const taken = [...first].slice(0, count);
  const [parts] = consumed(taken.map(([, token]) => token));
  if (parts === undefined || failsByItsSize(draft, view, plan, parts)) return true;
  const tokens = parts.map(({ id }) => id);
  const arrived = taken.map(([source]) => source);
  const scope = view.within.id;
  const others = view.waiting(state).filter(({ id }) => !tokens.includes(id));
  draft.emit({
    type: 'TokensJoined',
    scope,
    state,
    id: draft.state.nextId,
    tokens,
    ...(join.cancels !== undefined || isComplete(view, state, arrived) ? {} : { arrived }),
  });
  if (join.cancels !== undefined) withdraw(draft, view.within, { by: state, states: join.cancels, others });
  return true;
}

function absorb(draft: Draft, view: NetView, state: string, before: readonly Source[]): boolean {
  const late = [...firstOfEach(view.waiting(state))].filter(([source]) => !before.includes(source));
  if (late.length === 0) return false;
  const arrived = [...before, ...late.map(([source]) => source)];
  const { within } = view;
  draft.emit({
    type: 'TokensAbsorbed',
    scope: within.id,
    state,
    tokens: late.map(([, { id }]) => id),
    ...(isComplete(view, state, arrived) ? {} : { arrived }),
  });
  if (within.live === 0) endScope(draft, within);
  return true;
}

/** The oldest token of each branch, in the order of arrival. */
function firstOfEach(waiting: readonly Token[]): ReadonlyMap<Source, Token> {
  const first = new Map<Source, Token>();
  for (const token of waiting) if (!first.has(sourceOf(token))) first.set(sourceOf(token), token);
  return first;
}

function isComplete(view: NetView, state: string, arrived: readonly Source[]): boolean {
  return view.sources(state).every((source) => arrived.includes(source));
}
