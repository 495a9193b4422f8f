import type { Draft } from '../draft.ts';
import { activation } from '../fold.ts';
import type { StatePlan } from '../plan.ts';
import { run } from '../settle.ts';
import type { Activation, ActivationId, ScopeId } from '../state.ts';
import { type Enabled, viewOf } from './agenda.ts';
import { advanceCounting } from './counting.ts';
import { isTakenOutside } from './facts.ts';
import { type Consumed, countRounds, failsByItsSize, startByItself } from './starts.ts';
import type { NetView } from './view.ts';

/** Finds out what can start in every net in which something has happened. */
export function lookAtNets(draft: Draft): void {
  const { agenda } = draft;
  if (agenda === undefined) return;
  for (const scope of agenda.changed) {
    const view = advanced(draft, scope);
    agenda.changed.delete(scope);
    agenda.setEnabled(scope, view === undefined ? [] : enabledIn(draft, view));
  }
}

/** The net once all joins that count have taken what is there; `undefined`: it has ended meanwhile. */
function advanced(draft: Draft, scope: ScopeId): NetView | undefined {
  while (draft.state.scopes.has(scope)) {
    const view = viewOf(draft, scope);
    if (!countRounds(draft, view)) return undefined;
    if (!advanceCounting(draft, view)) return view;
  }
  return undefined;
}

/** In the order of enabling; what became so at the same time in document order. OR-joins have their turn later. */
function enabledIn(draft: Draft, view: NetView): readonly Enabled[] {
  const before = new Map(draft.agenda?.enabledIn(view.within.id).map(({ state, since }) => [state, since]));
  const enabled: Enabled[] = [];
  for (const state of view.fed()) {
    if (state.start?.join?.kind === 'active') continue;
    const start = startByItself(draft, view, state);
    if (start === undefined) continue;
    const earlier = before.get(state.name);
    // It may have started since, and be enabled again by tokens that came later.
    const still = earlier !== undefined && start.tokens.every(({ id }) => id < earlier);
    enabled.push({ scope: view.within.id, state: state.name, since: still ? earlier : draft.state.nextId });
  }
  return enabled.sort((a, b) => a.since - b.since);
}

/** Starts a state that was found enabled. */
export function startEnabled(draft: Draft, { scope, state: name }: Enabled): void {
  const view = viewOf(draft, scope);
  const state = view.plan.states.get(name);
  // Whatever happens, it is looked at anew.
  draft.agenda?.changed.add(scope);
  if (state !== undefined) startNow(draft, view, state);
}

/** Lets the first OR-join that is enabled fire. False: there is none. */
export function fireOrJoin(draft: Draft): boolean {
  for (const scope of draft.agenda?.unsettled ?? []) {
    if (!draft.state.scopes.has(scope)) continue;
    const view = viewOf(draft, scope);
    for (const name of view.facts.orJoins) {
      const state = view.plan.states.get(name);
      if (state === undefined || view.waiting(name).length + view.joined(name).length === 0) continue;
      if (startNow(draft, view, state)) return true;
    }
  }
  return false;
}

function startNow(draft: Draft, view: NetView, state: StatePlan): boolean {
  const start = startByItself(draft, view, state);
  if (start === undefined) return false;
  draft.budget -= 1;
  const { tokens, event } = start;
  if (failsByItsSize(draft, view, state, tokens)) return true;
  if (state.type === 'Place') draft.emit({ type: 'PlaceReached', token: tokens[0].id });
  else if (event !== undefined) startByEvent(draft, view, state, tokens, event);
  else {
    const active = enterNet(draft, state, tokens);
    run(draft, active, state);
  }
  return true;
}

/** An event starts a state, or makes it ready for whoever is to start it. */
export function startByEvent(draft: Draft, view: NetView, state: StatePlan, tokens: Consumed, event: string): void {
  if (isTakenOutside(state)) {
    draft.emit({
      type: 'TokensJoined',
      scope: view.within.id,
      state: state.name,
      id: draft.state.nextId,
      tokens: tokens.map(({ id }) => id),
      event,
    });
    return;
  }
  const active = enterNet(draft, state, tokens, { event });
  run(draft, active, state);
}

/** @param options.id the number of the visit, where that was given before. */
export function enterNet(
  draft: Draft,
  { name }: StatePlan,
  tokens: Consumed,
  options: { readonly id?: ActivationId; readonly event?: string } = {},
): Activation {
  const { id = draft.state.nextId, event } = options;
  draft.emit({
    type: 'StateEntered',
    id,
    tokens: tokens.map((token) => token.id),
    ...(tokens[0].to === name ? {} : { state: name }),
    ...(event === undefined ? {} : { event }),
  });
  return activation(draft.state, id);
}
