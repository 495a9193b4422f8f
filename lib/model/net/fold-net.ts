import { CorruptLog } from '../errors.ts';
import type { StateEntered } from '../event.ts';
import { type At, activation, closeActivation, scope, scopePlan, takeEvent } from '../fold.ts';
import { clearScopes, scopesOpenedBy } from '../fold-scopes.ts';
import type { Json } from '../json.ts';
import type * as Event from '../net-event.ts';
import { type Source, START } from '../net-plan.ts';
import type { Plan, ScopePlan, StatePlan } from '../plan.ts';
import type { ExecutionState, JoinRound, NetState, ScopeId, ScopeState, Token, TokenId } from '../state.ts';

/** What the events of nets do to the state. */

/** What a new scope has if it is a net. */
export function openNet(plan: Plan, index: number): { readonly net?: NetState } {
  if (scopePlan(plan, index).net === undefined) return {};
  return { net: { tokens: [], activations: [], rounds: {}, offers: [] } };
}

export function netProduced({ net }: ScopeState, token: TokenId): void {
  net?.tokens.push(token);
}

/** @param first of the tokens that it has started with. */
export function netEntered(
  plan: ScopePlan,
  state: ExecutionState,
  net: NetState,
  { id, tokens }: StateEntered,
  first: Token,
): void {
  for (const token of tokens) remove(net.tokens, token);
  net.activations.push(id);
  if (state.offers.delete(id)) net.offers = net.offers.filter((offer) => offer !== id);
  const name = activation(state, id).state;
  if (first.joined === undefined) endNoted(net, name, plan.states.get(name));
  forgetRounds(plan, state, net);
}

export function netLeft({ net }: ScopeState, activation: number): void {
  if (net !== undefined) remove(net.activations, activation);
}

export function placeReached(state: ExecutionState, event: At<Event.PlaceReached>): void {
  const token = tokenOf(state, event.token);
  const net = netOf(state, token.scope);
  state.tokens.set(token.id, { ...token, resting: true });
  remove(net.tokens, token.id);
  net.tokens.push(token.id);
}

export function tokensJoined(plan: Plan, state: ExecutionState, event: At<Event.TokensJoined>): void {
  const within = scope(state, event.scope);
  const net = netOf(state, event.scope);
  const parts = event.tokens.map((id) => takeToken(state, net, id));
  const [first] = parts;
  if (first === undefined) throw new CorruptLog(`Tokens for state '${event.state}' were joined, and there were none.`);
  const { states } = scopePlan(plan, within.plan);
  const join = states.get(event.state)?.start?.join;
  const value: Json = join === undefined || first.joined !== undefined ? first.value : parts.map((part) => part.value);
  const taken = event.event === undefined ? undefined : takeEvent(state, event.event);
  state.tokens.set(event.id, {
    id: event.id,
    scope: event.scope,
    to: event.state,
    value,
    joined: parts.flatMap((part) => part.joined ?? [sourceOf(part)]),
    ...(taken === undefined ? {} : { event: taken }),
  });
  state.nextId = Math.max(state.nextId, event.id + 1);
  net.tokens.push(event.id);
  within.live += 1 - parts.length;
  if (first.joined === undefined) {
    if (join?.kind === 'count') goOn(net, event);
    else endNoted(net, event.state, states.get(event.state));
  }
  forgetRounds({ states }, state, net);
}

export function tokensAbsorbed(state: ExecutionState, event: At<Event.TokensAbsorbed>): void {
  const net = netOf(state, event.scope);
  for (const id of event.tokens) takeToken(state, net, id);
  scope(state, event.scope).live -= event.tokens.length;
  goOn(net, event);
}

export function joinCounted(state: ExecutionState, { scope: id, state: name, count }: Event.JoinCounted): void {
  noteRound(netOf(state, id), name, { count });
}

export function joinUndecided(state: ExecutionState, { scope: id, state: name }: Event.JoinUndecided): void {
  noteRound(netOf(state, id), name, { undecided: true });
}

export function joinTieBroken(state: ExecutionState, { scope: id, state: name }: Event.JoinTieBroken): void {
  noteRound(netOf(state, id), name, { forced: true });
}

export function statesWithdrawn(plan: Plan, state: ExecutionState, event: At<Event.StatesWithdrawn>): void {
  const within = scope(state, event.scope);
  const net = netOf(state, event.scope);
  for (const id of event.tokens) takeToken(state, net, id);
  clearScopes(state, scopesOpenedBy(state, event.activations));
  for (const id of event.activations) {
    closeActivation(state, id);
    remove(net.activations, id);
  }
  within.live -= event.tokens.length + event.activations.length;
  for (const name of event.rounds) delete net.rounds[name];
  forgetRounds(scopePlan(plan, within.plan), state, net);
}

export function offersChanged(state: ExecutionState, event: At<Event.OffersChanged>): void {
  const net = netOf(state, event.scope);
  const gone = new Set(event.withdrawn);
  for (const id of gone) state.offers.delete(id);
  for (const made of event.made) {
    state.offers.set(made.id, { ...made, scope: event.scope, offeredAt: event.at });
    state.nextId = Math.max(state.nextId, made.id + 1);
  }
  net.offers = [...net.offers.filter((id) => !gone.has(id)), ...event.made.map(({ id }) => id)];
}

export function eventReceived(state: ExecutionState, event: At<Event.EventReceived>): void {
  const { id, name, payload, at } = event;
  state.requests.add(eventRequest(id));
  if (event.outcome === 'kept') state.events = [...state.events, { id, name, payload, at }];
}

/** Whether something is on offer in the scope; also when nothing lives in it any more, until that has been told. */
export function hasOffers({ net }: ScopeState): boolean {
  return net !== undefined && net.offers.length > 0;
}

/** An event's id among those of all requests. */
export function eventRequest(id: string): string {
  return `event ${id}`;
}

/** Where the arc begins on which a token waits; one that rests in a place waits on the arcs out of it. */
export function sourceOf({ from, to, resting }: Token): Source {
  return resting === true ? to : (from ?? START);
}

function goOn(
  net: NetState,
  { state, arrived }: { readonly state: string; readonly arrived?: readonly Source[] },
): void {
  if (arrived === undefined) delete net.rounds[state];
  else noteRound(net, state, { arrived });
}

/** Tokens were taken for a start: what was noted about it ends. The rounds of joins that count branches go their own way. */
function endNoted(net: NetState, name: string, plan: StatePlan | undefined): void {
  if (plan?.start?.join?.kind !== 'count') delete net.rounds[name];
}

/** A round that has lost its tokens before it fired begins afresh with the next one: another state took them, or they were withdrawn. */
function forgetRounds({ states }: Pick<ScopePlan, 'states'>, state: ExecutionState, net: NetState): void {
  for (const [name, { arrived }] of Object.entries(net.rounds)) {
    if (arrived !== undefined) continue;
    const hasTokens = net.tokens.some((id) => {
      const token = tokenOf(state, id);
      const place = token.resting === true ? states.get(token.to) : undefined;
      return place?.type === 'Place' ? place.next.includes(name) : token.to === name && token.joined === undefined;
    });
    if (!hasTokens) delete net.rounds[name];
  }
}

function noteRound(net: NetState, name: string, news: JoinRound): void {
  net.rounds[name] = { ...net.rounds[name], ...news };
}

function tokenOf(state: ExecutionState, id: TokenId): Token {
  const token = state.tokens.get(id);
  if (token === undefined) throw new CorruptLog(`Token ${id} does not exist.`);
  return token;
}

function takeToken(state: ExecutionState, net: NetState, id: TokenId): Token {
  const token = tokenOf(state, id);
  state.tokens.delete(id);
  remove(net.tokens, id);
  return token;
}

function netOf(state: ExecutionState, id: ScopeId): NetState {
  const { net } = scope(state, id);
  if (net === undefined) throw new CorruptLog(`Scope ${id} is not a net.`);
  return net;
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
