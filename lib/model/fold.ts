import { CorruptLog } from './errors.ts';
import type * as Event from './event.ts';
import { allotmentReturned } from './fold-allocation.ts';
import { leaveItems } from './item-control.ts';
import type { Json } from './json.ts';
import { netEntered, netLeft, netProduced, openNet } from './net/fold-net.ts';
import { type OpenState, unflatten } from './open-state.ts';
import type { PermitsGranted, PermitsRequested } from './permit-event.ts';
import type { Failure, Plan, ScopePlan } from './plan.ts';
import type {
  Activation,
  ActivationId,
  ExecutionState,
  ExecutionStatus,
  NetState,
  OutsideEvent,
  ScopeId,
  ScopeState,
  TaskWork,
} from './state.ts';

/** What each event does to the state; one function an event type, dispatched by evolve.ts. */

export type At<E> = E & { readonly at: number };

const ROOT: ScopeId = 0;

export function executionStarted(plan: Plan, event: At<Event.ExecutionStarted>): ExecutionState {
  const index = event.identity.mapRun?.processor ?? 0;
  const root: ScopeState = {
    id: ROOT,
    plan: index,
    variables: {},
    output: null,
    live: 1,
    entered: 0,
    ...openNet(plan, index),
  };
  root.net?.tokens.push(1);
  const token = { id: 1, scope: ROOT, to: event.startAt, value: event.input };
  return {
    identity: event.identity,
    input: event.input,
    status: 'RUNNING',
    ...(event.timeoutAt === undefined ? {} : { timeoutAt: event.timeoutAt }),
    ...(event.search === undefined ? {} : { search: event.search }),
    scopes: new Map([[ROOT, root]]),
    activations: new Map(),
    tokens: new Map([[token.id, token]]),
    offers: new Map(),
    events: [],
    requests: new Set(),
    nextId: 2,
    owed: [],
    historyLength: 1,
  };
}

export function stateEntered(plan: Plan, state: ExecutionState, event: At<Event.StateEntered>): void {
  const tokens = event.tokens.map((id) => {
    const token = state.tokens.get(id);
    if (token === undefined) throw new CorruptLog(`A state was entered with token ${id}, which does not exist.`);
    state.tokens.delete(id);
    return token;
  });
  const [first] = tokens;
  if (first === undefined) throw new CorruptLog('A state was entered without a token.');
  const within = scope(state, first.scope);
  within.live += 1 - tokens.length;
  within.entered += 1;
  const name = event.state ?? first.to;
  const around = scopePlan(plan, within.plan);
  const start = around.states.get(name)?.start;
  const offer = state.offers.get(event.id);
  const taken = event.event === undefined ? first.event : takeEvent(state, event.event);
  state.activations.set(event.id, {
    id: event.id,
    scope: first.scope,
    state: name,
    step: within.entered,
    input: start?.join === undefined || first.joined !== undefined ? first.value : tokens.map((token) => token.value),
    enteredAt: event.at,
    enteredEvent: state.historyLength,
    retries: [],
    work: { kind: 'entered' },
    ...(taken === undefined ? {} : { event: taken }),
    ...(offer === undefined ? {} : { offeredAt: offer.offeredAt }),
    ...(offer?.allotment === undefined ? {} : { allotment: offer.allotment }),
    ...(offer?.escalateAt === undefined ? {} : { escalateAt: offer.escalateAt }),
  });
  if (within.net !== undefined) netEntered(around, state, within.net, event, first);
  state.nextId = Math.max(state.nextId, event.id + 1);
}

/** Takes an event out of those that wait. */
export function takeEvent(state: ExecutionState, id: string): OutsideEvent {
  const found = state.events.find((event) => event.id === id);
  if (found === undefined) throw new CorruptLog(`The event '${id}' was taken, and does not wait.`);
  state.events = state.events.filter((event) => event !== found);
  return found;
}

export function taskScheduled(state: ExecutionState, event: At<Event.TaskScheduled>): void {
  const active = activation(state, event.id);
  const work: TaskWork = {
    kind: 'task',
    attempt: event.attempt,
    stage: 'scheduled',
    input: event.input === undefined ? active.input : event.input,
    scheduledAt: event.at,
    ...(event.token === undefined ? {} : { token: event.token }),
    ...(event.roleArn === undefined ? {} : { roleArn: event.roleArn }),
    ...(event.timeoutAt === undefined ? {} : { timeoutAt: event.timeoutAt }),
    ...(event.heartbeatSeconds === undefined
      ? {}
      : {
          heartbeatSeconds: event.heartbeatSeconds,
          heartbeatAt: event.at + event.heartbeatSeconds * 1000,
        }),
  };
  active.work = work;
  if (active.allotment?.attempt !== event.attempt) delete active.allotment;
  if (event.escalateAt !== undefined) active.escalateAt = event.escalateAt;
  else delete active.escalateAt;
}

export function taskStarted(state: ExecutionState, event: At<Event.TaskStarted>): void {
  const work = taskWork(state, event.id);
  work.stage = 'started';
  work.startedAt = event.at;
  if (event.worker !== undefined) work.worker = event.worker;
  beat(work, event.at);
}

/** @param isJob its end is looked for by what the service answered. */
export function taskSubmitted(state: ExecutionState, event: At<Event.TaskSubmitted>, isJob: boolean): void {
  const work = taskWork(state, event.id);
  work.stage = 'submitted';
  if (isJob) work.response = event.output;
  beat(work, event.at);
}

export function permitsRequested(state: ExecutionState, event: At<PermitsRequested>): void {
  const { id, attempt, pools, ticket } = event;
  state.permits ??= new Map();
  // Behind all others.
  state.permits.delete(id);
  state.permits.set(id, { attempt, pools, ticket, askedAt: event.at });
  const active = state.activations.get(id);
  if (active !== undefined) active.work = { kind: 'queued' };
}

export function permitsGranted(state: ExecutionState, { id, at }: At<PermitsGranted>): void {
  const permit = state.permits?.get(id);
  if (permit === undefined) throw new CorruptLog(`Activation ${id} was granted permits that it had not asked for.`);
  permit.grantedAt = at;
  const active = state.activations.get(id);
  if (active !== undefined) active.work = { kind: 'entered' };
}

/** Takes an activation out, with its permits; false: there is none. */
export function closeActivation(state: ExecutionState, id: ActivationId): boolean {
  state.permits?.delete(id);
  return state.activations.delete(id);
}

export function taskReturned(state: ExecutionState, id: ActivationId): void {
  const work = taskWork(state, id);
  allotmentReturned(activation(state, id), work.worker);
  work.stage = 'scheduled';
  delete work.startedAt;
  delete work.worker;
}

export function taskHeartbeat(state: ExecutionState, event: At<Event.TaskHeartbeat>): void {
  beat(taskWork(state, event.id), event.at);
}

function beat(work: TaskWork, at: number): void {
  if (work.heartbeatSeconds !== undefined) work.heartbeatAt = at + work.heartbeatSeconds * 1000;
}

export function taskSucceeded(state: ExecutionState, event: At<Event.TaskSucceeded>): void {
  activation(state, event.id).work = {
    kind: 'succeeded',
    result: event.output,
  };
}

/** The work failed; the same decision says what comes of it: a retry, a catcher, or the end of the scope. */
export function workEnded(state: ExecutionState, id: ActivationId): void {
  activation(state, id).work = { kind: 'entered' };
  state.permits?.delete(id);
}

export function retryScheduled(state: ExecutionState, event: At<Event.RetryScheduled>): void {
  const active = activation(state, event.id);
  const retries = [...active.retries];
  while (retries.length <= event.retrier) retries.push(0);
  retries[event.retrier] = (retries[event.retrier] ?? 0) + 1;
  active.retries = retries;
  active.work = { kind: 'retrying', dueAt: event.dueAt };
  state.permits?.delete(event.id);
}

export function waitStarted(state: ExecutionState, event: At<Event.WaitStarted>): void {
  activation(state, event.id).work = { kind: 'waiting', dueAt: event.dueAt };
}

/** Puts a token on the arc into a state. */
export function produce(state: ExecutionState, into: ScopeId, from: string | undefined, to: string, value: Json): void {
  const id = state.nextId;
  state.nextId += 1;
  state.tokens.set(id, {
    id,
    scope: into,
    ...(from === undefined ? {} : { from }),
    to,
    value,
  });
  const within = scope(state, into);
  within.live += 1;
  netProduced(within, id);
}

export function stateExited(state: ExecutionState, event: At<Event.StateExited>): void {
  const active = activation(state, event.id);
  const within = scope(state, active.scope);
  const output = event.output === undefined ? lastValue(active) : event.output;
  if (!leaveItems(active)) {
    closeActivation(state, event.id);
    within.live -= 1;
    netLeft(within, event.id);
  }
  if (event.assign !== undefined) within.variables = { ...within.variables, ...event.assign };
  for (const target of event.next) produce(state, within.id, active.state, target, output);
  if (event.next.length === 0) within.output = output;
}

/** The value that `StateExited` does not repeat: the result of the state's work, otherwise its input. */
export function lastValue({ work, input }: Activation): Json {
  if (work.kind === 'items' && work.control?.released !== undefined) return work.control.released.result;
  return work.kind === 'succeeded' ? work.result : input;
}

/** The last of the items that a completed Map had left open has ended. */
export function itemsClosed(state: ExecutionState, id: ActivationId): void {
  const within = scope(state, activation(state, id).scope);
  closeActivation(state, id);
  within.live -= 1;
  netLeft(within, id);
}

export function executionClosed(
  state: ExecutionState,
  status: Exclude<ExecutionStatus, 'RUNNING'>,
  at: number,
  end: { readonly output: Json } | { readonly failure: Failure },
): void {
  state.status = status;
  state.closedAt = at;
  Object.assign(state, end);
  state.scopes.clear();
  state.activations.clear();
  state.tokens.clear();
  state.offers.clear();
  delete state.permits;
  delete state.suspended;
  state.events = [];
}

export function executionSuspended(state: ExecutionState, { at, reason }: At<Event.ExecutionSuspended>): void {
  state.suspended = { at, ...(reason === undefined ? {} : { reason }) };
}

export function executionRedriven(state: ExecutionState, event: At<Event.ExecutionRedriven>): void {
  const { redriveCount, timeoutAt, clientToken, definition } = event;
  state.status = 'RUNNING';
  delete state.failure;
  delete state.closedAt;
  delete state.timeoutAt;
  if (timeoutAt !== undefined) state.timeoutAt = timeoutAt;
  state.redriven = { count: redriveCount, at: event.at, ...(clientToken === undefined ? {} : { clientToken }) };
  if (definition !== undefined) {
    state.identity = { ...state.identity, workflow: { ...state.identity.workflow, ...definition } };
  }
  takeOpen(state, event);
}

function takeOpen(state: ExecutionState, event: OpenState): void {
  // A copy: the state changes in place, and the event does not.
  const { scopes, activations, tokens, offers = [], events = [] } = event;
  const open = unflatten(structuredClone({ scopes, activations, tokens, offers, events }));
  for (const [id, within] of open.scopes) state.scopes.set(id, within);
  for (const [id, active] of open.activations) state.activations.set(id, active);
  for (const [id, token] of open.tokens) state.tokens.set(id, token);
  for (const [id, offer] of open.offers) state.offers.set(id, offer);
  state.events = open.events;
}

export function executionForked(state: ExecutionState, event: At<Event.ExecutionForked>): void {
  state.tokens.clear();
  state.scopes.clear();
  takeOpen(state, event);
  state.nextId = event.nextId;
  state.forkedFrom = event.from;
  if (event.deeds !== undefined) state.deeds = event.deeds;
}

export function executionMigrated(state: ExecutionState, event: At<Event.ExecutionMigrated>): void {
  state.identity = { ...state.identity, workflow: { ...state.identity.workflow, ...event.definition } };
  for (const { id, plan, becomesNet, newRounds = [] } of event.scopes) {
    const within = state.scopes.get(id);
    if (within === undefined) continue;
    within.plan = plan;
    if (becomesNet === true) within.net = netOf(state, id);
    for (const name of newRounds) delete within.net?.rounds[name];
  }
}

/** What a scope has that was none: its tokens and activations, in the order of their ids. */
function netOf({ tokens, activations }: ExecutionState, scope: ScopeId): NetState {
  const within = (parts: ReadonlyMap<number, { readonly id: number; readonly scope: ScopeId }>) =>
    [...parts.values()].filter((part) => part.scope === scope).map(({ id }) => id);
  return { tokens: within(tokens), activations: within(activations), rounds: {}, offers: [] };
}

export function failureOf(event: Failure): Failure {
  return {
    ...(event.error === undefined ? {} : { error: event.error }),
    ...(event.cause === undefined ? {} : { cause: event.cause }),
  };
}

/** Attempts at the activation's work that have come to an end, also those before a redrive. */
export function attemptsMade({ retries, earlierAttempts = 0 }: Activation): number {
  return retries.reduce((sum, used) => sum + used, earlierAttempts);
}

export function rootScope(state: ExecutionState): ScopeState {
  return scope(state, ROOT);
}

export function scope(state: ExecutionState, id: ScopeId): ScopeState {
  const found = state.scopes.get(id);
  if (found === undefined) throw new CorruptLog(`Scope ${id} is not open.`);
  return found;
}

export function activation(state: ExecutionState, id: ActivationId): Activation {
  const found = state.activations.get(id);
  if (found === undefined) throw new CorruptLog(`Activation ${id} is not open.`);
  return found;
}

function taskWork(state: ExecutionState, id: ActivationId): TaskWork {
  const { work } = activation(state, id);
  if (work.kind !== 'task') throw new CorruptLog(`Activation ${id} has no task under way.`);
  return work;
}

export function scopePlan(plan: Plan, index: number): ScopePlan {
  const found = plan.scopes[index];
  if (found === undefined) throw new CorruptLog(`The definition has no scope ${index}.`);
  return found;
}

export function planOf(plan: Plan, state: ExecutionState, active: Activation) {
  const found = scopePlan(plan, scope(state, active.scope).plan).states.get(active.state);
  if (found === undefined) throw new CorruptLog(`The definition has no state '${active.state}'.`);
  return found;
}
