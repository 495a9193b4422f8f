import type { SendEvent } from '../command.ts';
import type { Draft } from '../draft.ts';
import { isHeldBack } from '../permits.ts';
import type { StatePlan } from '../plan.ts';
import { viewOf } from './agenda.ts';
import { eventRequest } from './fold-net.ts';
import { startByEvent } from './settle-net.ts';
import { type Consumed, failsByItsSize, startsThatWait } from './starts.ts';
import type { NetView } from './view.ts';

interface Waiting {
  readonly view: NetView;
  readonly state: StatePlan;
  readonly tokens: Consumed;
}

/** An event from outside starts the state that has waited for it longest; if there is none, it is kept or lost. */
export function receiveEvent(draft: Draft, { id, name, payload }: SendEvent): void {
  const { state, plan } = draft;
  if (state.requests.has(eventRequest(id))) return;
  const waiting = firstWaiting(draft, name);
  const isKept = waiting !== undefined || plan.events?.get(name) === true;
  draft.emit({ type: 'EventReceived', id, name, payload, outcome: isKept ? 'kept' : 'discarded' });
  // What is suspended takes it when it is resumed.
  if (waiting === undefined || isHeldBack(state)) return;
  if (failsByItsSize(draft, waiting.view, waiting.state, waiting.tokens)) return;
  draft.budget -= 1;
  startByEvent(draft, waiting.view, waiting.state, waiting.tokens, id);
}

function firstWaiting(draft: Draft, event: string): Waiting | undefined {
  const { state } = draft;
  const all: Waiting[] = [];
  for (const { id, net } of state.scopes.values()) {
    if (net === undefined || net.tokens.length === 0) continue;
    const view = viewOf(draft, id);
    for (const name of view.facts.triggered) {
      const triggered = view.plan.states.get(name);
      if (triggered === undefined) continue;
      const [tokens] = startsThatWait(draft, view, triggered, event);
      if (tokens !== undefined) all.push({ view, state: triggered, tokens });
    }
  }
  return all.reduce<Waiting | undefined>((first, one) => {
    return first === undefined || waitsSince(one) < waitsSince(first) ? one : first;
  }, undefined);
}

/** When the last of its tokens was made, as a number of the execution. */
function waitsSince({ tokens }: Waiting): number {
  return Math.max(...tokens.map(({ id }) => id));
}
