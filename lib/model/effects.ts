import type { Effect, InvokeTask, OfferTask, TaskAssignment } from './effect.ts';
import { activation, attemptsMade, planOf, scope, scopePlan } from './fold.ts';
import { scopesWithin } from './fold-scopes.ts';
import { requestEffect, requestNumber, stopChildren } from './map-run-request.ts';
import { waitingPermits } from './permits.ts';
import type { Plan, TaskPlan } from './plan.ts';
import type { Activation, ActivationId, ExecutionState, Offer, ScopeId, TaskWork } from './state.ts';
import { itemAtHand, type Staffing, staffingOf } from './work-item.ts';

/**
 * The effects that the state calls for: every task that has been handed out and not yet accepted, every job whose
 * end the engine watches, what map runs ask for, what was given up and not told so, and, of a closed execution, the
 * message to its parent. After a crash, carrying them out again is all the recovery there is.
 */
export function outstanding(plan: Plan, state: ExecutionState): readonly Effect[] {
  const owed = state.owed.map((task): Effect => ({ type: 'CancelTask', task, owed: true }));
  if (state.status !== 'RUNNING') return [...owed, ...closingEffects(state)];
  const effects = owed;
  for (const active of state.activations.values()) {
    const { work } = active;
    if (work.kind !== 'task' && work.kind !== 'mapRun') continue;
    const statePlan = planOf(plan, state, active);
    if (statePlan.type === 'Map') addRequest(effects, requestEffect(state, active, statePlan));
    else if (statePlan.type === 'Task' && work.kind === 'task' && isUnanswered(work, statePlan))
      effects.push(taskEffect(plan, state, active, work, statePlan));
  }
  for (const offer of state.offers.values()) {
    const task = offeredTask(plan, state, offer);
    if (task !== undefined) effects.push({ type: 'OfferTask', task });
  }
  effects.push(...waitingPermits(state));
  return state.suspended === undefined ? effects : effects.filter((effect) => !isSuspended(state, effect));
}

/** Whether an effect is to wait until the execution is resumed: a call. To look whether a job has ended begins nothing. */
export function isSuspended({ suspended }: ExecutionState, effect: Effect): boolean {
  return suspended !== undefined && isCall(effect);
}

/** Whether it has work done, rather than ask for a job that does it. */
export function isCall(effect: Effect): boolean {
  return effect.type === 'InvokeTask' && effect.task.submitted === undefined;
}

function addRequest(effects: Effect[], request: Effect | undefined): void {
  if (request !== undefined) effects.push(request);
}

/** Whether the state still calls for the task to be handed out: what came from outside meanwhile may have answered it. */
export function isOutstanding(
  plan: Plan,
  state: ExecutionState,
  { activation, attempt }: Pick<TaskAssignment, 'activation' | 'attempt'>,
): boolean {
  if (state.offers.has(activation)) return true;
  const active = state.activations.get(activation);
  if (active?.work.kind === 'mapRun') return requestNumber(active.work) === attempt;
  if (active?.work.kind !== 'task' || active.work.attempt !== attempt) return false;
  const statePlan = planOf(plan, state, active);
  return statePlan.type === 'Task' && isUnanswered(active.work, statePlan);
}

/** A job started by `.sync` is asked for again even after it was accepted: the answer may be that it has ended meanwhile. */
function isUnanswered(work: TaskWork, plan: TaskPlan): boolean {
  if (work.stage === 'scheduled') return true;
  const { resource } = plan;
  return work.stage === 'submitted' && resource.kind === 'service' && resource.pattern.startsWith('sync');
}

/** The task of an offer, as it would be if it were taken now; `undefined`: the offer is none of a task. */
export function offeredTask(plan: Plan, state: ExecutionState, offer: Offer): TaskAssignment | undefined {
  const statePlan = scopePlan(plan, scope(state, offer.scope).plan).states.get(offer.state);
  if (statePlan?.type !== 'Task' || offer.task === undefined) return undefined;
  const execution = state.identity.id;
  return {
    execution,
    activation: offer.id,
    attempt: 1,
    state: offer.state,
    idempotencyKey: `${execution}#offer-${offer.id}`,
    resource: statePlan.resource,
    input: offer.task.input,
    token: offer.task.token,
    scheduledAt: offer.offeredAt,
    workflowRoleArn: state.identity.workflow.roleArn,
    ...staffed(plan, state, offer.id),
  };
}

function staffed(plan: Plan, state: ExecutionState, id: ActivationId): { readonly staffing?: Staffing } {
  const item = itemAtHand(plan, state, id);
  return item === undefined ? {} : { staffing: staffingOf(plan, state, item) };
}

export function closingEffects(state: ExecutionState): readonly Effect[] {
  const { parent } = state.identity;
  if (parent === undefined || state.status === 'RUNNING') return [];
  return [{ type: 'NotifyParent', parent }];
}

export function taskEffect(
  plan: Plan,
  state: ExecutionState,
  active: Activation,
  work: TaskWork,
  statePlan: TaskPlan,
): InvokeTask | OfferTask {
  const { resource } = statePlan;
  const execution = state.identity.id;
  const task: TaskAssignment = {
    execution,
    activation: active.id,
    attempt: work.attempt,
    state: active.state,
    idempotencyKey: idempotencyKey(state, active),
    resource,
    input: work.input,
    scheduledAt: work.scheduledAt,
    workflowRoleArn: state.identity.workflow.roleArn,
    ...(work.token === undefined ? {} : { token: work.token }),
    ...(work.roleArn === undefined ? {} : { roleArn: work.roleArn }),
    ...(work.timeoutAt === undefined ? {} : { timeoutAt: work.timeoutAt }),
    ...(work.heartbeatSeconds === undefined ? {} : { heartbeatSeconds: work.heartbeatSeconds }),
    ...(work.response === undefined ? {} : { submitted: work.response }),
    ...(resource.kind === 'workItem' ? staffed(plan, state, active.id) : {}),
  };
  if (resource.kind === 'activity' || resource.kind === 'workItem') return { type: 'OfferTask', task };
  // To look whether a job has ended changes nothing.
  const idempotent = work.response !== undefined || (statePlan.idempotent && !isNamedOutside(statePlan));
  return { type: 'InvokeTask', task, idempotent };
}

/**
 * Names a visit to a state by its way from the top level: numbers are given in the order in which scopes happen to go
 * on, and what an unsaved decision called a task by may be another one's number after a crash.
 */
function idempotencyKey(state: ExecutionState, active: Activation): string {
  return `${state.identity.id}#${wayTo(state, active)}${encodeURIComponent(active.state.toWellFormed())}-${active.step}`;
}

/** For each Parallel or Map around it: step, retries of it, index of the branch or item. Empty at the top level. */
function wayTo(state: ExecutionState, active: Activation): string {
  const { parent } = scope(state, active.scope);
  if (parent === undefined) return '';
  const opener = activation(state, parent.activation);
  return `${wayTo(state, opener)}${opener.step}.${attemptsMade(opener)}.${parent.index}/`;
}

/** Whether the outside gets to know the attempt by its token or number, so that it must be on record before it is called. */
function isNamedOutside({ resource }: TaskPlan): boolean {
  return (
    resource.kind === 'service' && (resource.pattern !== 'requestResponse' || resource.action === 'startExecution')
  );
}

/** What is at work outside for some scopes (absent: the whole execution) and all that is in them. */
export function workWithin(
  plan: Plan,
  state: ExecutionState,
  outermost?: Iterable<ScopeId>,
): readonly TaskAssignment[] {
  const withdrawn = outermost === undefined ? undefined : scopesWithin(state, outermost);
  const tasks: TaskAssignment[] = [];
  for (const active of state.activations.values()) {
    const { work } = active;
    if ((work.kind !== 'task' && work.kind !== 'mapRun') || withdrawn?.has(active.scope) === false) continue;
    const task = workOutside(plan, state, active);
    if (task !== undefined) tasks.push(task);
  }
  for (const offer of state.offers.values()) {
    if (withdrawn?.has(offer.scope) === false) continue;
    const task = offeredTask(plan, state, offer);
    if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

/** What one state has at work outside. */
export function workOutside(plan: Plan, state: ExecutionState, active: Activation): TaskAssignment | undefined {
  const statePlan = planOf(plan, state, active);
  if (statePlan.type === 'Map') return stopChildren(state, active);
  if (statePlan.type !== 'Task' || active.work.kind !== 'task') return undefined;
  return taskEffect(plan, state, active, active.work, statePlan).task;
}
