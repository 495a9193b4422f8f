import { planOf, scope, scopePlan } from '../model/fold.ts';
import type { Json } from '../model/json.ts';
import type { Plan, StatePlan, TaskResource } from '../model/plan.ts';
import type { ActivationId, ExecutionState, ScopeId } from '../model/state.ts';
import { itemAtHand, type Staffing, staffingOf } from '../model/work-item.ts';

/** What somebody outside does: a work item, the task of an activity, or one that waits for its callback. */
export type OutsideKind = 'workItem' | 'activity' | 'callback';

/** A task that somebody outside takes or ends, as the execution's state has it now. */
export interface OutsideTask {
  /** The task token: unguessable, and good for this attempt only. */
  readonly token: string;
  /** ARN of the execution. */
  readonly execution: string;
  readonly activation: ActivationId;
  readonly attempt: number;
  readonly state: string;
  /** Where in the execution, `Fan[0]` for the first branch or item of `Fan`; absent at the top level. */
  readonly within?: string;
  readonly kind: OutsideKind;
  /** offered: nobody has taken it. A callback is started from the outset. */
  readonly status: 'offered' | 'started';
  /** Nothing has been consumed for it yet: it may vanish before it is taken. */
  readonly isOffer: boolean;
  readonly input: Json;
  /** ms since the epoch. */
  readonly offeredAt: number;
  /** ms since the epoch; absent: nobody has taken it. */
  readonly startedAt?: number;
  readonly timeoutAt?: number;
  readonly worker?: string;
  /** Of a work item: whom it is for. */
  readonly staffing?: Staffing;
  readonly escalated?: { readonly step: number; readonly at: number };
}

/** All of them, in the order of their offers. */
export function outsideTasks(plan: Plan, state: ExecutionState): readonly OutsideTask[] {
  const ids = [...state.offers.keys(), ...state.activations.keys()];
  const tasks = ids.flatMap((id) => outsideTask(plan, state, id) ?? []);
  return tasks.sort((a, b) => a.offeredAt - b.offeredAt || a.activation - b.activation);
}

/** @param id of an offer or an activation. `undefined`: it is none, or not one for the outside. */
export function outsideTask(plan: Plan, state: ExecutionState, id: ActivationId): OutsideTask | undefined {
  return offeredTask(plan, state, id) ?? enteredTask(plan, state, id);
}

/** A state, and where in the execution it is: `Fan[0]` is the first branch or item of `Fan`; absent at the top level. */
export function named(
  state: ExecutionState,
  id: ScopeId,
  name: string,
): { readonly state: string; readonly within?: string } {
  const within = wayTo(state, id);
  return { state: name, ...(within === '' ? {} : { within }) };
}

function wayTo(state: ExecutionState, id: ScopeId): string {
  const { parent } = scope(state, id);
  const opener = parent && state.activations.get(parent.activation);
  if (parent === undefined || opener === undefined) return '';
  const outer = wayTo(state, opener.scope);
  return `${outer === '' ? '' : `${outer}/`}${opener.state}[${parent.index}]`;
}

function offeredTask(plan: Plan, state: ExecutionState, id: ActivationId): OutsideTask | undefined {
  const offer = state.offers.get(id);
  if (offer?.task === undefined) return undefined;
  const statePlan = scopePlan(plan, scope(state, offer.scope).plan).states.get(offer.state);
  const kind = statePlan && kindOf(statePlan);
  if (kind === undefined) return undefined;
  const { token, input } = offer.task;
  return {
    ...{ token, execution: state.identity.id, activation: id, attempt: 1, kind },
    ...named(state, offer.scope, offer.state),
    ...{ status: 'offered', isOffer: true, input, offeredAt: offer.offeredAt },
    ...staffed(plan, state, id),
  };
}

function enteredTask(plan: Plan, state: ExecutionState, id: ActivationId): OutsideTask | undefined {
  const active = state.activations.get(id);
  if (active?.work.kind !== 'task' || active.work.token === undefined) return undefined;
  const kind = kindOf(planOf(plan, state, active));
  if (kind === undefined) return undefined;
  const { token, attempt, stage, input, scheduledAt, startedAt, timeoutAt, worker } = active.work;
  // What is offered again, to be tried anew, was scheduled anew.
  const offeredAt = attempt === 1 ? (active.offeredAt ?? scheduledAt) : scheduledAt;
  return {
    ...{ token, execution: state.identity.id, activation: id, attempt, kind },
    ...named(state, active.scope, active.state),
    status: kind === 'callback' || stage !== 'scheduled' ? 'started' : 'offered',
    ...{ isOffer: false, input, offeredAt },
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(timeoutAt === undefined ? {} : { timeoutAt }),
    ...(worker === undefined ? {} : { worker }),
    ...staffed(plan, state, id),
  };
}

function staffed(plan: Plan, state: ExecutionState, id: ActivationId): Pick<OutsideTask, 'staffing' | 'escalated'> {
  const item = itemAtHand(plan, state, id);
  if (item === undefined) return {};
  const escalated = item.allotment?.escalated;
  return { staffing: staffingOf(plan, state, item), ...(escalated === undefined ? {} : { escalated }) };
}

function kindOf(state: StatePlan): OutsideKind | undefined {
  return state.type === 'Task' ? kindOfResource(state.resource) : undefined;
}

function kindOfResource(resource: TaskResource): OutsideKind | undefined {
  switch (resource.kind) {
    case 'activity':
    case 'workItem':
      return resource.kind;
    case 'lambda':
      return undefined;
    case 'service':
      return resource.pattern === 'waitForTaskToken' ? 'callback' : undefined;
  }
}
