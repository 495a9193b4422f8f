import { parseStatesArn } from '../../model/arn.ts';
import { CorruptLog } from '../../model/errors.ts';
import type * as Event from '../../model/event.ts';
import { lastValue, scope } from '../../model/fold.ts';
import type { TaskReturned } from '../../model/net-event.ts';
import type { TaskResource } from '../../model/plan.ts';
import type { Activation } from '../../model/state.ts';
import { assignDetails, failureDetails, inputDetails, outputDetails } from './history-event.ts';
import { tokensTaken } from './nets.ts';
import type { Scribe } from './scribe.ts';
import { type TaskEvent, taskFailed, taskScheduled, taskStarted, taskSubmitted, taskSucceeded } from './task-events.ts';

/** What happens to one visit of a state: entered, at work, left. */

export function stateEntered(scribe: Scribe, event: Event.StateEntered): void {
  const { threads } = scribe;
  const previous = tokensTaken(scribe, event.tokens);
  scribe.fold();
  const active = scribe.activation(event.id);
  const taken = active.event === undefined ? {} : { event: active.event.id };
  const details = { name: active.state, ...inputDetails(active.input), ...taken };
  const id = scribe.write(previous, `${scribe.planOf(active).type}StateEntered`, details);
  threads.enter(active, id, previous);
}

export function stateExited(scribe: Scribe, event: Event.StateExited): void {
  const { state, threads } = scribe;
  const active = scribe.activation(event.id);
  const output = event.output === undefined ? lastValue(active) : event.output;
  const details = { name: active.state, ...outputDetails(output), ...assignDetails(event.assign) };
  const id = scribe.advance(threads.ofVisit(active), `${scribe.planOf(active).type}StateExited`, details);
  const within = scope(state, active.scope);
  const firstToken = state.nextId;
  scribe.fold();
  for (let token = firstToken; token < state.nextId; token += 1) threads.produced(state.tokens.get(token), id);
  if (event.next.length === 0) threads.ofScope(within).last = id;
}

/** A failed evaluation is chained to what came before the event of the state during which it was made. */
export function evaluationFailed(scribe: Scribe, event: Event.EvaluationFailed): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  const location = event.location === undefined ? {} : { location: event.location };
  const details = { ...failureDetails(event), ...location, state: active.state };
  scribe.moveTo(thread, scribe.write(thread.before ?? thread.head, 'EvaluationFailed', details));
  scribe.fold();
}

export function scheduled(scribe: Scribe, event: Event.TaskScheduled & { readonly at: number }): void {
  const active = scribe.activation(event.id);
  const input = event.input === undefined ? active.input : event.input;
  const region = parseStatesArn(scribe.state.identity.id)?.region ?? '';
  onTask(scribe, active, taskScheduled(resourceOf(scribe, active), event, input, region));
}

export function started(scribe: Scribe, event: Event.TaskStarted): void {
  const active = scribe.activation(event.id);
  onTask(scribe, active, taskStarted(resourceOf(scribe, active), event.worker));
}

export function returned(scribe: Scribe, event: TaskReturned): void {
  const active = scribe.activation(event.id);
  onTask(scribe, active, resourceOf(scribe, active).kind === 'workItem' ? [{ type: 'WorkItemReturned' }] : []);
}

export function submitted(scribe: Scribe, event: Event.TaskSubmitted): void {
  const active = scribe.activation(event.id);
  const resource = resourceOf(scribe, active);
  onTask(scribe, active, resource.kind === 'service' ? [taskSubmitted(resource, event.output)] : []);
}

export function succeeded(scribe: Scribe, event: Event.TaskSucceeded): void {
  const active = scribe.activation(event.id);
  onTask(scribe, active, [taskSucceeded(resourceOf(scribe, active), event.output)]);
}

export function failed(scribe: Scribe, event: Event.TaskFailed): void {
  const active = scribe.activation(event.id);
  onTask(scribe, active, [taskFailed(resourceOf(scribe, active), event)]);
}

function onTask(scribe: Scribe, active: Activation, events: readonly TaskEvent[]): void {
  const thread = scribe.threads.ofVisit(active);
  for (const { type, details } of events) scribe.advance(thread, type, details);
  scribe.fold();
}

function resourceOf(scribe: Scribe, active: Activation): TaskResource {
  const state = scribe.planOf(active);
  if (state.type !== 'Task') throw new CorruptLog(`State ${active.state} has a task and is a ${state.type}.`);
  return state.resource;
}
