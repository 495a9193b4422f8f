import { abortedStates, restingAmong } from '../../model/aborted.ts';
import { isMapRun } from '../../model/history-width.ts';
import type * as Event from '../../model/net-event.ts';
import type { ScopeId, TokenId } from '../../model/state.ts';
import { stateAborted, writeAborted, writeAbortedScopes } from './aborted.ts';
import { inputDetails, outputDetails, payloadDetails } from './history-event.ts';
import type { Scribe } from './scribe.ts';
import { endOf } from './thread.ts';

/** What happens in a net: to tokens in places and before joins, and to what is withdrawn. */

export function placeReached(scribe: Scribe, event: Event.PlaceReached): void {
  const { state, threads } = scribe;
  const token = state.tokens.get(event.token);
  if (token === undefined) return scribe.fold();
  const details = { name: token.to, ...inputDetails(token.value) };
  const id = scribe.write(threads.originOf(state, token), 'PlaceStateEntered', details);
  scribe.fold();
  threads.produced(state.tokens.get(event.token), id);
}

/**
 * Tokens are taken from where they were: those that rested leave their places.
 * @returns the event that what becomes of them follows.
 */
export function tokensTaken(scribe: Scribe, ids: readonly TokenId[]): number {
  const { state, threads } = scribe;
  for (const token of restingAmong(state, ids)) {
    const details = { name: token.to, ...outputDetails(token.value) };
    threads.produced(token, scribe.write(threads.originOf(state, token), 'PlaceStateExited', details));
  }
  const latest = threads.latestOf(state, ids);
  for (const id of ids) threads.consumed(id);
  return latest;
}

export function tokensJoined(scribe: Scribe, event: Event.TokensJoined): void {
  const latest = tokensTaken(scribe, event.tokens);
  scribe.fold();
  scribe.threads.produced(scribe.state.tokens.get(event.id), latest);
}

export function tokensAbsorbed(scribe: Scribe, event: Event.TokensAbsorbed): void {
  tokensTaken(scribe, event.tokens);
  scribe.fold();
}

export function joinUndecided(scribe: Scribe, event: Event.JoinUndecided): void {
  const { state: name, steps } = event;
  scribe.write(beforeJoin(scribe, event), event.type, { name, steps });
  scribe.fold();
}

export function joinTieBroken(scribe: Scribe, event: Event.JoinTieBroken): void {
  scribe.write(beforeJoin(scribe, event), event.type, { name: event.state });
  scribe.fold();
}

/** The last event that led to a join which waits. */
function beforeJoin(scribe: Scribe, join: { readonly scope: ScopeId; readonly state: string }): number {
  const { state, plan, threads } = scribe;
  const states = plan.scopes[state.scopes.get(join.scope)?.plan ?? 0]?.states;
  const waiting = [...state.tokens.values()].filter(({ scope, to, resting }) => {
    if (scope !== join.scope) return false;
    const place = resting === true ? states?.get(to) : undefined;
    return place?.type === 'Place' ? place.next.includes(join.state) : to === join.state;
  });
  return threads.latestOf(
    state,
    waiting.map(({ id }) => id),
  );
}

export function statesWithdrawn(scribe: Scribe, event: Event.StatesWithdrawn): void {
  const { plan, state, threads } = scribe;
  const { by } = event;
  for (const { active, within, isShown } of abortedStates(plan, state, event)) {
    writeAbortedScopes(scribe, within, { by });
    if (isMapRun(state, active.id)) {
      const thread = threads.ofVisit(active);
      thread.tail = scribe.write(endOf(thread), 'MapRunAborted');
    }
    if (isShown) stateAborted(scribe, active, { by });
  }
  writeAborted(scribe, { states: [], tokens: restingAmong(state, event.tokens) }, { by });
  for (const id of event.tokens) threads.consumed(id);
  scribe.fold();
}

/** It comes from outside, and follows on nothing; the entry of the state that takes it names it. */
export function eventReceived(scribe: Scribe, event: Event.EventReceived): void {
  const { id, name, payload, outcome } = event;
  scribe.write(0, event.type, { name, id, outcome, ...payloadDetails(payload) });
  scribe.fold();
}
