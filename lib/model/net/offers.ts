import { escalationFrom } from '../allocation.ts';
import { cancel } from '../cancellations.ts';
import { StateEnvironment } from '../context.ts';
import type { Draft } from '../draft.ts';
import { offeredTask } from '../effects.ts';
import { ErrorName, StateError } from '../errors.ts';
import { completeState } from '../leave.ts';
import type { OffersChanged } from '../net-event.ts';
import type { StatePlan, TaskPlan } from '../plan.ts';
import { run } from '../settle.ts';
import { sizeOf } from '../size.ts';
import type { Activation, Offer, ScopeState, Token } from '../state.ts';
import { createTaskToken } from '../task-token.ts';
import { viewOf } from './agenda.ts';
import { isTakenOutside, isTimed } from './facts.ts';
import { enterNet } from './settle-net.ts';
import { type Consumed, failsByItsSize, readyStarts, visitToCome } from './starts.ts';
import type { NetView } from './view.ts';

/**
 * What somebody outside may start, and what the passing of time will: one offer for each possible start. An offer takes
 * nothing; it goes when its start is no longer possible, and comes back as another.
 */

type NewOffer = OffersChanged['made'][number];

/** Brings the offers of a net into line with its tokens. */
export function reconcileOffers(draft: Draft, view: NetView): void {
  const { state } = draft;
  const possible = possibleStarts(draft, view);
  const existing = new Map(
    view.net.offers.flatMap((id) => state.offers.get(id) ?? []).map((offer) => [keyOf(offer), offer]),
  );
  const made: NewOffer[] = [];
  const unoffered: PossibleStart[] = [];
  let id = state.nextId;
  for (const { plan, tokens } of possible) {
    const key = keyOf({ state: plan.name, tokens: tokens.map((token) => token.id) });
    if (existing.delete(key)) continue;
    if (failsByItsSize(draft, view, plan, tokens)) return;
    const offer = offerOf(draft, view, plan, tokens, id);
    if (offer === undefined) unoffered.push({ plan, tokens });
    else {
      made.push(offer);
      id += 1;
    }
  }
  const gone = [...existing.values()];
  if (made.length + gone.length > 0) change(draft, view, made, gone);
  for (const start of unoffered) startAnyway(draft, view.within, start);
}

function change(draft: Draft, view: NetView, made: readonly NewOffer[], gone: readonly Offer[]): void {
  const { state, plan } = draft;
  cancel(
    draft,
    gone.flatMap((offer) => offeredTask(plan, state, offer) ?? []),
  );
  draft.emit({ type: 'OffersChanged', scope: view.within.id, withdrawn: gone.map(({ id }) => id), made });
  for (const { id } of made) {
    const offer = state.offers.get(id);
    const task = offer === undefined ? undefined : offeredTask(plan, state, offer);
    if (task !== undefined) draft.effects.push({ type: 'OfferTask', task });
  }
}

interface PossibleStart {
  readonly plan: StatePlan;
  readonly tokens: Consumed;
}

function possibleStarts(draft: Draft, view: NetView): readonly PossibleStart[] {
  return view.fed().flatMap((plan) => {
    const { start } = plan;
    const isOffered = isTakenOutside(plan) || (isTimed(view.plan, plan) && start?.trigger === undefined);
    if (!isOffered || !view.conditionsHold(plan)) return [];
    const ready = readyStarts(draft, view, plan);
    // With a trigger, only what an event has made ready.
    const starts = start?.trigger === undefined ? ready : ready.filter(([token]) => token.event !== undefined);
    return starts.map((tokens) => ({ plan, tokens }));
  });
}

function keyOf({ state, tokens }: Pick<Offer, 'state' | 'tokens'>): string {
  return `${tokens.join(' ')} ${state}`;
}

/** `undefined`: what it would be offered with cannot be evaluated, or its time has come. */
function offerOf(draft: Draft, view: NetView, plan: StatePlan, tokens: Consumed, id: number): NewOffer | undefined {
  const visit = { ...visitToCome(draft, view, plan, tokens), id };
  const made = { id, state: plan.name, tokens: tokens.map((token) => token.id) };
  try {
    if (plan.type === 'Wait') {
      const dueAt = plan.until(new StateEnvironment(draft, visit));
      return dueAt > draft.occasion.at ? { ...made, dueAt } : undefined;
    }
    if (plan.type !== 'Task') return undefined;
    const task = preview(draft, visit, plan);
    return { ...made, task, ...(plan.resource.kind === 'workItem' ? escalationFrom(draft, task.input) : {}) };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return undefined;
  }
}

function preview(draft: Draft, visit: Activation, plan: TaskPlan): NonNullable<Offer['task']> {
  const token = createTaskToken(
    { execution: draft.state.identity.id, activation: visit.id, attempt: 1 },
    draft.occasion,
  );
  const input = plan.arguments(new StateEnvironment(draft, visit, undefined, token));
  const size = sizeOf(input);
  if (typeof size !== 'number')
    throw new StateError(ErrorName.dataLimitExceeded, `What the state makes of its input is ${size}.`);
  return { input, token };
}

/** Starts what cannot be offered, if it still can start: it completes at once, or fails with the error of its expression. */
function startAnyway(draft: Draft, { id: scope }: ScopeState, { plan, tokens }: PossibleStart): void {
  if (!draft.state.scopes.has(scope) || !tokens.every(({ id }) => draft.state.tokens.has(id))) return;
  if (!viewOf(draft, scope).conditionsHold(plan)) return;
  const active = enterNet(draft, plan, tokens);
  run(draft, active, plan);
}

/** Starts what was offered, if that is still possible. */
export function takeOffer(
  draft: Draft,
  offer: Offer,
): { readonly active: Activation; readonly plan: StatePlan } | undefined {
  const view = viewOf(draft, offer.scope);
  const plan = view.plan.states.get(offer.state);
  const tokens = offer.tokens.flatMap((id): Token[] => {
    const token = draft.state.tokens.get(id);
    return token === undefined ? [] : [token];
  });
  const [first, ...others] = tokens;
  if (plan === undefined || first === undefined || tokens.length < offer.tokens.length) return undefined;
  if (!view.conditionsHold(plan)) return undefined;
  return { active: enterNet(draft, plan, [first, ...others], { id: offer.id }), plan };
}

/** The time of a Wait that follows a place has come. */
export function happenOffered(draft: Draft, offer: Offer): void {
  const taken = takeOffer(draft, offer);
  if (taken?.plan.type === 'Wait') completeState(draft, taken.active, taken.plan);
}
