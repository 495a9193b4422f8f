import { StateEnvironment } from '../context.ts';
import type { Draft } from '../draft.ts';
import { ErrorName, StateError } from '../errors.ts';
import { failNet } from '../failure.ts';
import type { Json } from '../json.ts';
import type { JoinPlan } from '../net-plan.ts';
import type { StatePlan } from '../plan.ts';
import { sizeOf } from '../size.ts';
import type { Activation, Token } from '../state.ts';
import { isTakenOutside, isTimed } from './facts.ts';
import { sourceOf } from './fold-net.ts';
import { decideOrJoin } from './or-join.ts';
import type { NetView } from './view.ts';

/** What one start of a state consumes, in the order of its values. */
export type Consumed = readonly [Token, ...Token[]];

/** The starts that the tokens before a state allow, whatever else it needs; those of the oldest tokens first. */
export function readyStarts(draft: Draft, view: NetView, state: StatePlan): readonly Consumed[] {
  const alone = view.joined(state.name).map((token): Consumed => [token]);
  const waiting = view.waiting(state.name);
  if (waiting.length === 0) return alone;
  return [...alone, ...joinedStarts(draft, view, state, waiting)];
}

/** The first of them. */
function firstReadyStart(draft: Draft, view: NetView, state: StatePlan): Consumed | undefined {
  if (state.start?.join !== undefined) return readyStarts(draft, view, state)[0];
  const [token] = view.joined(state.name).length > 0 ? view.joined(state.name) : view.waiting(state.name);
  return token === undefined ? undefined : [token];
}

function joinedStarts(
  draft: Draft,
  view: NetView,
  { name, start }: StatePlan,
  waiting: readonly Token[],
): readonly Consumed[] {
  const join = start?.join;
  switch (join?.kind) {
    case undefined:
      return waiting.map((token): Consumed => [token]);
    case 'all':
      return rows(view.sources(name).map((source) => waiting.filter((token) => sourceOf(token) === source)));
    case 'active':
      return orJoinFires(draft, view, name) ? oldestOfEach(view, name, waiting) : [];
    case 'count':
      return [];
    case 'threads': {
      const size = countOf(view, name, join);
      return size === undefined ? [] : chunks(waiting, size);
    }
  }
}

/** The n-th token of every list, as long as all have one. */
function rows(lists: readonly (readonly Token[])[]): Consumed[] {
  const length = Math.min(...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flatMap(consumed);
}

/** One token from each branch that has any, in document order of the branches. */
function oldestOfEach(view: NetView, name: string, waiting: readonly Token[]): Consumed[] {
  const oldest = view.sources(name).flatMap((source) => waiting.find((token) => sourceOf(token) === source) ?? []);
  return consumed(oldest);
}

function chunks(tokens: readonly Token[], size: number): Consumed[] {
  const length = Math.floor(tokens.length / size);
  return Array.from({ length }, (_, index) => tokens.slice(index * size, (index + 1) * size)).flatMap(consumed);
}

export function consumed([first, ...others]: readonly Token[]): Consumed[] {
  return first === undefined ? [] : [[first, ...others]];
}

function orJoinFires(draft: Draft, view: NetView, name: string): boolean {
  if (view.net.rounds[name]?.forced === true) return true;
  const scope = view.within.id;
  const known = draft.agenda?.verdictsIn(scope);
  const decision = known?.get(name) ?? decideOrJoin(view.plan, name, view.marking());
  if (decision.kind === 'undecided' && view.net.rounds[name]?.undecided !== true) {
    draft.emit({ type: 'JoinUndecided', scope, state: name, steps: decision.steps });
  }
  draft.agenda?.verdictsIn(scope).set(name, decision);
  return decision.kind === 'enabled';
}

/** How many branches or tokens a join takes; `undefined` while an expression has not said so. */
export function countOf(
  view: NetView,
  name: string,
  { count }: Extract<JoinPlan, { count: unknown }>,
): number | undefined {
  return typeof count === 'number' ? count : view.net.rounds[name]?.count;
}

/** Evaluates the counts of joins whose round has begun. False: one of them could not be, and the scope has failed. */
export function countRounds(draft: Draft, view: NetView): boolean {
  for (const state of view.fed()) {
    const join = state.start?.join;
    const round = view.net.rounds[state.name];
    const [first] = view.waiting(state.name);
    if (join === undefined || !('count' in join) || typeof join.count === 'number') continue;
    if (first === undefined || round?.count !== undefined) continue;
    try {
      const visit = { ...visitToCome(draft, view, state, [first]), input: first.value };
      const count = join.count(new StateEnvironment(draft, visit));
      draft.emit({ type: 'JoinCounted', scope: view.within.id, state: state.name, count });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const cause = `An error occurred while evaluating the join of the state '${state.name}'. ${error.message}`;
      failNet(draft, view.within, { error: error.error, cause });
      return false;
    }
  }
  return true;
}

/** A visit as it would be if the state started now: what its expressions are evaluated with before it does. */
export function visitToCome(
  { state, occasion }: Draft,
  view: NetView,
  { name, start }: StatePlan,
  tokens: Consumed,
): Activation {
  const [{ value, joined, event }] = tokens;
  const isArray = start?.join !== undefined && joined === undefined;
  const input: Json = isArray ? tokens.map((token) => token.value) : value;
  return {
    id: state.nextId,
    scope: view.within.id,
    state: name,
    step: view.within.entered + 1,
    input,
    enteredAt: occasion.at,
    enteredEvent: state.historyLength + 1,
    retries: [],
    work: { kind: 'entered' },
    ...(event === undefined ? {} : { event }),
  };
}

/** Whether the array that a join makes of its tokens is more than the log takes: then the scope has failed. */
export function failsByItsSize(draft: Draft, view: NetView, { name, start }: StatePlan, tokens: Consumed): boolean {
  if (start?.join === undefined || tokens[0].joined !== undefined) return false;
  const size = sizeOf(tokens.map(({ value }) => value));
  if (typeof size === 'number') {
    draft.work.take(size / 16);
    return false;
  }
  const cause = `What the join of the state '${name}' has collected is ${size}.`;
  failNet(draft, view.within, { error: ErrorName.dataLimitExceeded, cause });
  return true;
}

/** The first start that a state can make by itself, now, and the event that it takes for that. */
export function startByItself(
  draft: Draft,
  view: NetView,
  state: StatePlan,
): { readonly tokens: Consumed; readonly event?: string } | undefined {
  const { start } = state;
  const isOutside = isTakenOutside(state);
  if (start?.trigger === undefined && (isOutside || isTimed(view.plan, state))) return undefined;
  if (!view.conditionsHold(state)) return undefined;
  if (start?.trigger === undefined) {
    const tokens = firstReadyStart(draft, view, state);
    return tokens === undefined ? undefined : { tokens };
  }
  // What an event has made ready for somebody outside is offered; it does not start by itself.
  const [tokens] = readyStarts(draft, view, state).filter(([token]) => token.event === undefined);
  const event = start.trigger.persistent ? view.keptEvent(start.trigger.event) : undefined;
  return tokens === undefined || event === undefined ? undefined : { tokens, event };
}

/** The starts that wait for an event of that name; absent: of any name. */
export function startsThatWait(draft: Draft, view: NetView, state: StatePlan, event?: string): readonly Consumed[] {
  const trigger = state.start?.trigger;
  if (trigger === undefined || (event !== undefined && trigger.event !== event) || !view.conditionsHold(state))
    return [];
  return readyStarts(draft, view, state).filter(([token]) => token.event === undefined);
}
