import type { ExecutionEvent } from '../../model/event.ts';
import { type Json, jsonEqual } from '../../model/json.ts';
import { eventRequest } from '../../model/net/fold-net.ts';
import type { EventReceived } from '../../model/net-event.ts';
import type { ExecutionState } from '../../model/state.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { eventsAfter, findEvent, tell } from './decisions.ts';
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
 * repeated: the same event, of this id, came before.
 */
export type EventOutcome = 'taken' | 'kept' | 'discarded' | 'repeated';

/**
 * Sends an event to an execution, and tells what became of it.
 * @throws ApiError `executionNotFound`, `executionClosed`, `eventUnknown`, `eventConflict`, `inputInvalid`, `executionBusy`
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
  // Of several that come at once the first one counts.
  await refuseOther(services, execution, { name, payload, id }, number);
  if (deposit === 'exists') return { id, outcome: 'repeated' };
  const outcome = await outcomeOf(eventsAfter(services, execution, number), id);
  if (outcome === undefined) throw executionClosed((await loadExecution(services, execution)).state);
  return { id, outcome };
}

/** Sends an event without waiting for what becomes of it. @throws ApiError */
export async function postEvent(services: Services, execution: string, event: NamedEvent): Promise<void> {
  if ((await checkEvent(services, execution, event)) === 'repeated') return;
  const { name, id, payload } = event;
  await services.engine.deliver(execution, { type: 'SendEvent', id, name, payload });
}

/** Number of the last commit before the event. @throws ApiError */
async function checkEvent(services: Services, execution: string, event: NamedEvent): Promise<number | 'repeated'> {
  const { name, id, payload } = event;
  checkPayload(payload, 'inputInvalid');
  const { plan, state, number } = await loadExecution(services, execution);
  if (state.requests.has(eventRequest(id))) {
    await refuseOther(services, execution, event, -1);
    return 'repeated';
  }
  if (state.status !== 'RUNNING') throw executionClosed(state);
  if (plan.events?.has(name) !== true) throw eventUnknown(name, [...(plan.events?.keys() ?? [])]);
  return number;
}

type NamedEvent = NewEvent & { readonly id: string };

/**
 * The log has what the first event of the id was, so that the state needs no more than the id.
 * @param number of the last commit that is known not to have it. @throws ApiError `eventConflict`
 */
async function refuseOther(services: Services, execution: string, event: NamedEvent, number: number): Promise<void> {
  const { id, name, payload } = event;
  const isFirst = (one: ExecutionEvent): one is ExecutionEvent & EventReceived =>
    one.type === 'EventReceived' && one.id === id;
  const first = await findEvent(eventsAfter(services, execution, number), isFirst);
  if (first === undefined || (first.name === name && jsonEqual(first.payload, payload))) return;
  const differs = first.name === name ? 'with another payload' : `of the name "${first.name}"`;
  const message = `Give this event another id: at ${new Date(first.at).toISOString()} one ${differs} came with the id "${id}".`;
  throw new ApiError('eventConflict', id, message);
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

/** @param state of an execution that runs no longer. */
export function executionClosed({ identity, status, closedAt, failure }: ExecutionState): ApiError {
  const when = closedAt === undefined ? '' : ` at ${new Date(closedAt).toISOString()}`;
  const why = failure?.error === undefined ? '' : ` with ${failure.error}`;
  const advice = status === 'SUCCEEDED' ? 'Start another execution' : 'Redrive the execution, or start another one';
  const message = `${advice}: ${identity.id} has closed, ${status}${why}${when}.`;
  return new ApiError('executionClosed', identity.id, message);
}
