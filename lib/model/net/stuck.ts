import type { Draft } from '../draft.ts';
import { ErrorName } from '../errors.ts';
import { failNet } from '../failure.ts';
import type { Source } from '../net-plan.ts';
import type { StatePlan } from '../plan.ts';
import type { ScopeId } from '../state.ts';
import { viewOf } from './agenda.ts';
import { reconcileOffers } from './offers.ts';
import { countOf, startsThatWait } from './starts.ts';
import type { NetView } from './view.ts';

/**
 * Once nothing starts by itself any more: offers what somebody outside may start, breaks ties between OR-joins, and
 * fails nets in which nothing can ever happen again. False: nothing has come of it that is to be looked at.
 */
export function concludeNets(draft: Draft): boolean {
  const { agenda } = draft;
  if (agenda === undefined) return false;
  let hasMoved = false;
  for (const scope of [...agenda.unsettled]) {
    agenda.unsettled.delete(scope);
    if (!draft.state.scopes.has(scope)) continue;
    const view = viewOf(draft, scope);
    const { nextId } = draft.state;
    reconcileOffers(draft, view);
    const offersOnly = !agenda.unsettled.has(scope) || startedNothing(draft, scope, nextId);
    if (offersOnly) {
      agenda.unsettled.delete(scope);
      agenda.changed.delete(scope);
    }
    if (!offersOnly || endIfStuck(draft, scope)) hasMoved = true;
  }
  return hasMoved;
}

/** Whether all numbers given since are those of offers. */
function startedNothing({ state }: Draft, scope: ScopeId, from: number): boolean {
  for (let id = from; id < state.nextId; id += 1) if (!state.offers.has(id)) return false;
  return state.scopes.has(scope);
}

/** Whether something was done about a net in which nothing happens any more. */
function endIfStuck(draft: Draft, scope: ScopeId): boolean {
  const view = viewOf(draft, scope);
  const { net, facts } = view;
  if (net.tokens.length === 0 || net.activations.length > 0 || net.offers.length > 0) return false;
  const waitsForEvent = facts.triggered.some((name) => {
    const state = view.plan.states.get(name);
    return state !== undefined && startsThatWait(draft, view, state).length > 0;
  });
  if (waitsForEvent) return false;
  const tied = facts.orJoins.find((name) => isTied(view, name));
  if (tied !== undefined) draft.emit({ type: 'JoinTieBroken', scope, state: tied });
  else failNet(draft, view.within, { error: ErrorName.deadlock, cause: deadlock(view) });
  return true;
}

/** Whether an OR-join waits for nothing but branches. */
function isTied(view: NetView, name: string): boolean {
  const state = view.plan.states.get(name);
  if (state === undefined || view.waiting(name).length === 0) return false;
  return view.net.rounds[name]?.forced !== true && view.conditionsHold(state);
}

const MAX_NAMED = 5;

function deadlock(view: NetView): string {
  const { states } = view.plan;
  const waiting = view.fed().map((state) => `'${state.name}' ${lacks(view, state)}`);
  const resting = [...states.values()].flatMap(({ name, type }) => {
    const count = type === 'Place' ? view.resting(name).length : 0;
    return count === 0 ? [] : [`${count === 1 ? 'a token rests' : `${count} tokens rest`} in the place '${name}'`];
  });
  const all = [...waiting, ...resting];
  const more = all.length > MAX_NAMED ? `; and ${all.length - MAX_NAMED} more` : '';
  return `Nothing can happen any more, and tokens are left: ${all.slice(0, MAX_NAMED).join('; ')}${more}. ${advice(view)}`;
}

/** An OR-join would not have waited for branches that cannot come any more. */
function advice(view: NetView): string {
  const joins = view.fed().filter(({ start }) => start?.join?.kind === 'all');
  const [first] = joins;
  if (first === undefined) return 'Correct the definition, and redrive the execution with it.';
  return `Give '${first.name}' "Join": "active" if branches may be left out, or correct the definition, and redrive with it.`;
}

/** What a state with tokens before it has, and what it still needs. */
function lacks(view: NetView, state: StatePlan): string {
  const { name, start } = state;
  if (view.joined(name).length === 0 && start?.join !== undefined) {
    const marked = view.marked(name);
    const missing = view.sources(name).filter((source) => !marked.has(source));
    const tokens = start.join.kind === 'threads' ? countOf(view, name, start.join) : undefined;
    if (tokens !== undefined) return `has ${view.waiting(name).length} of ${tokens} tokens`;
    const has = `has tokens from ${named([...marked])}`;
    return missing.length === 0 ? has : `${has} and waits for ${named(missing)}`;
  }
  const { milestone } = start ?? {};
  if (milestone !== undefined && view.resting(milestone).length === 0)
    return `waits for a token in the place '${milestone}'`;
  return view.conditionsHold(state) ? 'has a token that nothing takes' : 'waits for another group of its mutex';
}

function named(sources: readonly Source[]): string {
  return sources.map((source) => (source === null ? 'StartAt' : `'${source}'`)).join(', ');
}
