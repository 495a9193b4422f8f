import type { ExecutionEvent } from '../../model/event.ts';
import type { Json } from '../../model/json.ts';
import { eventRequest } from '../../model/net/fold-net.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { eventsAfter, tell } from './decisions.ts';
import { loadExecution } from './executions.ts';
import { checkPayload } from './payload.ts';

export interface NewEvent {
  readonly name: string;
  /** Absent: a UUID. */
  readonly id?: string | undefined;
  readonly payload: Json;
}

/**
 * taken: it has started a state. kept: it waits until a state takes it. discarded: nobody waited, and nobody keeps it.
 * repeated: an event of this id came before.
 */
export type EventOutcome = 'taken' | 'kept' | 'discarded' | 'repeated';

/**
 * Sends an event to an execution, and tells what became of it.
 * @throws ApiError `executionNotFound`, `executionClosed`, `eventUnknown`, `inputInvalid`, `executionBusy`
 */
export async function sendEvent(
  services: Services,
  execution: string,
  event: NewEvent,
): Promise<{ readonly id: string; readonly outcome: EventOutcome }> {
  const { name, payload, id = services.ids.uuid() } = event;
  const number = await checkEvent(services, execution, { name, payload, id });
  if (number === 'repeated') return { id, outcome: 'repeated' };
  const deposit = await tell(services, execution, { type: 'SendEvent', id, name, payload });
  if (deposit === 'exists') return { id, outcome: 'repeated' };
  const outcome = await outcomeOf(eventsAfter(services, execution, number), id);
  if (outcome === undefined) throw executionClosed(execution);
  return { id, outcome };
}

/** Sends an event without waiting for what becomes of it. @throws ApiError */
export async function postEvent(
  services: Services,
  execution: string,
  event: NewEvent & { readonly id: string },
): Promise<void> {
  if ((await checkEvent(services, execution, event)) === 'repeated') return;
  const { name, id, payload } = event;
  await services.engine.deliver(execution, { type: 'SendEvent', id, name, payload });
}

/** Number of the last commit before the event. @throws ApiError */
async function checkEvent(
  services: Services,
  execution: string,
  { name, id, payload }: NewEvent & { readonly id: string },
): Promise<number | 'repeated'> {
  checkPayload(payload, 'inputInvalid');
  const { plan, state, number } = await loadExecution(services, execution);
  if (state.requests.has(eventRequest(id))) return 'repeated';
  if (state.status !== 'RUNNING') throw executionClosed(execution);
  if (plan.events?.has(name) !== true) throw eventUnknown(name, [...(plan.events?.keys() ?? [])]);
  return number;
}

/** It may be taken by the very decision that received it, or by any that followed upon it. */
async function outcomeOf(
  events: AsyncIterable<ExecutionEvent>,
  id: string,
): Promise<Exclude<EventOutcome, 'repeated'> | undefined> {
  let outcome: 'kept' | 'discarded' | undefined;
  for await (const event of events) {
    if (event.type === 'EventReceived' && event.id === id) outcome = event.outcome;
    if ((event.type === 'StateEntered' || event.type === 'TokensJoined') && event.event === id) return 'taken';
    if (outcome === 'discarded') return outcome;
  }
  return outcome;
}

function eventUnknown(name: string, known: readonly string[]): ApiError {
  const names = known.map((one) => `"${one}"`).join(', ');
  const message =
    known.length === 0
      ? 'Send events to executions of workflows that wait for some: no state of this definition has a Trigger.'
      : `Send one of the events that the definition waits for, ${names}, and not "${name}".`;
  return new ApiError('eventUnknown', name, message);
}

export function executionClosed(execution: string): ApiError {
  return new ApiError('executionClosed', execution, 'Start another execution, or redrive this one: it has closed.');
}
