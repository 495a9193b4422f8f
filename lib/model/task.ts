import { allocate, delegate, escalationFrom } from './allocation.ts';
import type { TaskCommand } from './command.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { taskEffect } from './effects.ts';
import { ErrorName } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { failState, reported } from './failure.ts';
import { attemptsMade, failureOf, planOf, scope, scopePlan } from './fold.ts';
import type { Json } from './json.ts';
import { completeState } from './leave.ts';
import { answerRequest } from './map-run.ts';
import { takeOffer } from './net/offers.ts';
import { asksForPermits, isHeldBack } from './permits.ts';
import type { Failure, TaskPlan, TaskResource } from './plan.ts';
import { sizeOf } from './size.ts';
import type { Activation, ActivationId, Offer, TaskWork } from './state.ts';
import { targetOf } from './target.ts';
import { createTaskToken } from './task-token.ts';
import { itemAtHand, refusalOf, separationFrom } from './work-item.ts';

interface TaskSetup {
  readonly input: Json;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly roleArn: string | undefined;
}

/** Who takes a task that was offered, and what it was offered with: that is what he gets, whatever has changed since. */
interface Taking {
  readonly input: Json;
  readonly token: string;
  readonly worker?: string;
}

/** Evaluates what the task is called with, and hands it out: to the one who takes it, or to whoever will. */
export function scheduleTask(draft: Draft, active: Activation, state: TaskPlan, taking?: Taking): void {
  const attempt = attemptsMade(active) + 1;
  const token =
    taking !== undefined
      ? taking.token
      : completedFromOutside(state.resource)
        ? createTaskToken({ execution: draft.state.identity.id, activation: active.id, attempt }, draft.occasion)
        : undefined;
  const env = new StateEnvironment(draft, active, undefined, token);
  const setup = (): TaskSetup => ({
    input: taking === undefined ? state.arguments(env) : taking.input,
    timeoutSeconds: state.timeoutSeconds(env),
    heartbeatSeconds: state.heartbeatSeconds(env),
    roleArn: state.roleArn(env),
  });
  evaluate(draft, active, state, setup, ({ input, timeoutSeconds, heartbeatSeconds, roleArn }) => {
    if (taking === undefined && needsPermits(draft, active, state, input)) return;
    draft.emit({
      type: 'TaskScheduled',
      id: active.id,
      attempt,
      ...(input === active.input ? {} : { input }),
      ...(token === undefined ? {} : { token }),
      ...(roleArn === undefined ? {} : { roleArn }),
      ...(timeoutSeconds === undefined ? {} : { timeoutAt: draft.occasion.at + timeoutSeconds * 1000 }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
      ...escalation(draft, active, state, input, taking),
    });
    if (taking !== undefined) startTask(draft, active, taking.worker);
    else if (active.work.kind === 'task')
      draft.effects.push(taskEffect(draft.plan, draft.state, active, active.work, state));
  });
}

function needsPermits(draft: Draft, active: Activation, state: TaskPlan, input: Json): boolean {
  const resource = resourcePool(draft, state, input);
  if (resource === undefined && state.pool === undefined) return false;
  return asksForPermits(draft, active, [state.pool, resource]);
}

/** What limits the calls of the task; `undefined`: nothing does. Who takes work from outside limits that himself. */
function resourcePool({ occasion: { limits } }: Draft, { resource }: TaskPlan, input: Json): string | undefined {
  if (limits?.hasResources !== true || resource.kind === 'activity' || resource.kind === 'workItem') return undefined;
  return `resource:${targetOf(resource, input)}`;
}

/** From the offer on, which may have been before somebody took it. */
function escalation(draft: Draft, active: Activation, { resource }: TaskPlan, input: Json, taking: Taking | undefined) {
  if (resource.kind !== 'workItem') return {};
  if (taking === undefined) return escalationFrom(draft, input);
  return active.escalateAt === undefined ? {} : { escalateAt: active.escalateAt };
}

function startTask(draft: Draft, { id }: Activation, worker: string | undefined): void {
  draft.emit({ type: 'TaskStarted', id, ...(worker === undefined ? {} : { worker }) });
}

/** The start of a state whose task was offered to somebody outside, who takes it. */
function takeTask(draft: Draft, offer: Offer, command: TaskCommand): void {
  const { task } = offer;
  if (task === undefined || command.attempt !== 1 || isHeldBack(draft.state)) return;
  const takes = command.type === 'TaskStarted';
  // A work item may be ended by somebody who has not said that he begins.
  if (!takes && command.type !== 'TaskSucceeded' && command.type !== 'TaskFailed') return;
  const isRefused = command.type === 'TaskFailed' && command.reason === 'notScheduled';
  if (!takes && !isRefused && !isWorkItem(draft, offer)) return;
  if (!mayTake(draft, offer.id, 'worker' in command ? command.worker : undefined)) return;
  const taken = takeOffer(draft, offer);
  if (taken?.plan.type !== 'Task') return;
  const { worker } = 'worker' in command ? command : {};
  scheduleTask(draft, taken.active, taken.plan, { ...task, ...(worker === undefined ? {} : { worker }) });
  if (!takes) applyTaskCommand(draft, command);
}

/** Whoever takes it without a name is trusted by whoever lets that happen. */
function mayTake({ plan, state }: Draft, id: ActivationId, worker: string | undefined): boolean {
  const item = worker === undefined ? undefined : itemAtHand(plan, state, id);
  return item === undefined || refusalOf(plan, state, item, worker) === undefined;
}

/** Whether it is ended by the one who has it, and that one has not done meanwhile what is kept apart from it. */
function mayEnd({ plan, state }: Draft, { id, work }: Activation, worker: string | undefined): boolean {
  if (work.kind !== 'task' || work.worker === undefined) return true;
  if (worker !== undefined && worker !== work.worker) return false;
  const item = itemAtHand(plan, state, id);
  return item === undefined || separationFrom(plan, state, item, work.worker) === undefined;
}

function isWorkItem({ plan, state }: Draft, offer: Offer): boolean {
  const statePlan = scopePlan(plan, scope(state, offer.scope).plan).states.get(offer.state);
  return statePlan?.type === 'Task' && statePlan.resource.kind === 'workItem';
}

/** Whether somebody outside may end the task by its token; also one that waits for a job, before that has ended. */
export function completedFromOutside(resource: TaskResource): boolean {
  return resource.kind !== 'lambda' && (resource.kind !== 'service' || resource.pattern !== 'requestResponse');
}

export function applyTaskCommand(draft: Draft, command: TaskCommand): void {
  if (command.type === 'AllocateTask') return allocate(draft, command);
  if (command.type === 'DelegateTask') return delegate(draft, command);
  const offer = draft.state.offers.get(command.activation);
  if (offer !== undefined) return takeTask(draft, offer, command);
  const active = draft.state.activations.get(command.activation);
  if (active === undefined) return;
  const state = planOf(draft.plan, draft.state, active);
  if (state.type === 'Map') return answerRequest(draft, active, state, command);
  if (active.work.kind !== 'task' || active.work.attempt !== command.attempt) return;
  if (state.type !== 'Task') return;
  const { id } = active;
  switch (command.type) {
    case 'TaskStarted':
      if (active.work.stage === 'scheduled' && mayTake(draft, id, command.worker)) {
        startTask(draft, active, command.worker);
      }
      return;
    case 'TaskSubmitted':
      if (active.work.stage !== 'submitted') draft.emit({ type: 'TaskSubmitted', id, output: command.output });
      return;
    case 'TaskReturned':
      return returnTask(draft, active, active.work, state);
    case 'TaskHeartbeat':
      return draft.emit({ type: 'TaskHeartbeat', id });
    case 'TaskSucceeded':
      if (!mayEnd(draft, active, command.worker)) return;
      return succeedTask(draft, active, state, command.output);
    case 'TaskFailed':
      if (command.reason === 'failed' && !mayEnd(draft, active, command.worker)) return;
      return failTask(draft, active, state, command.reason, failureOf(command));
  }
}

/** Whoever had taken a work item gives it back: somebody else may take it. What it has consumed stays consumed. */
function returnTask(draft: Draft, active: Activation, work: TaskWork, state: TaskPlan): void {
  if (state.resource.kind !== 'workItem' || work.stage !== 'started') return;
  draft.emit({ type: 'TaskReturned', id: active.id });
  draft.effects.push(taskEffect(draft.plan, draft.state, active, work, state));
}

function succeedTask(draft: Draft, active: Activation, state: TaskPlan, output: Json): void {
  if (exceedsDataLimit(state, output)) {
    const name = state.resource.kind === 'service' ? state.resource.service : state.resource.arn;
    const cause = `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`;
    return failTask(draft, active, state, 'failed', {
      error: ErrorName.dataLimitExceeded,
      cause,
    });
  }
  draft.emit({ type: 'TaskSucceeded', id: active.id, output });
  completeState(draft, active, state);
}

export function failTask(
  draft: Draft,
  active: Activation,
  state: TaskPlan,
  reason: 'failed' | 'timedOut' | 'notScheduled' | 'notStarted' | 'notSubmitted',
  failure: Failure,
): void {
  draft.emit({ type: 'TaskFailed', id: active.id, reason, ...reported(failure) });
  failState(draft, active, state, failure);
}

const DATA_LIMIT_BYTES = 262_144;

/** The engine has no limit on payloads but what the log takes; a definition that handles `States.DataLimitExceeded` asks for Step Functions' own. */
function exceedsDataLimit(state: TaskPlan, output: Json): boolean {
  if (typeof sizeOf(output) !== 'number') return true;
  const handled = [...state.retry, ...state.catch].some((rule) =>
    rule.errorEquals.includes(ErrorName.dataLimitExceeded),
  );
  return handled && new TextEncoder().encode(JSON.stringify(output)).length > DATA_LIMIT_BYTES;
}
