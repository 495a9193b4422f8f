import { isJsonArray, isJsonObject, type Json } from './json.ts';
import type { EscalationStep, EscalationTarget, WorkItemArguments } from './net-plan.ts';
import type { Plan } from './plan.ts';
import type { Activation, ActivationId, Allotment, Deed, ExecutionState, Offer } from './state.ts';

/** Who may take a work item, who is to be asked for, and why somebody may not have it. */

/** Whom a work item is for, as the execution's state has it now. */
export interface Staffing {
  readonly assignee?: string;
  readonly candidates?: readonly string[];
  /** Somebody outside is to choose, out of those who fit: nobody may take it until then. Nobody did, with no candidates. */
  readonly wanted?: AllocationRequest;
}

export interface AllocationRequest {
  /** Of the item; an answer to an earlier one is stale. */
  readonly round: number;
  readonly role?: string;
  readonly capabilities?: readonly string[];
  /** Only these; absent: all participants. */
  readonly candidates?: readonly string[];
  readonly strategy: NonNullable<WorkItemArguments['Allocation']>;
  /** Who did an earlier state, and should do this one. */
  readonly familiar?: string;
  /** They have done, or are doing, what is to be kept apart from it. */
  readonly excluded: readonly string[];
  /** They have given it back: only if nobody else fits. */
  readonly avoided: readonly string[];
}

/** Why a worker may not have a work item. */
export type Refusal =
  | { readonly kind: 'unnamed' | 'notAmong'; readonly staffing: Staffing }
  /** The worker has done that state, or is doing it. */
  | { readonly kind: 'separate'; readonly state: string };

/** A work item that is on offer or at work. */
export interface ItemAtHand {
  readonly id: ActivationId;
  readonly state: string;
  readonly attempt: number;
  readonly input: Json;
  readonly allotment?: Allotment;
}

/** What a work item is called with. Values of another type than they should have are left out. */
export function workItemArguments(input: Json): WorkItemArguments {
  if (!isJsonObject(input)) return { Payload: input };
  const { Title, Payload, Allocation, Escalate, Role, Retain } = input;
  const { Capabilities, Separate } = input;
  const strategy = allocations.find((name) => name === Allocation);
  return {
    ...target(input),
    ...(typeof Role === 'string' ? { Role } : {}),
    ...(Capabilities === undefined ? {} : { Capabilities: texts(Capabilities) }),
    ...(strategy === undefined ? {} : { Allocation: strategy }),
    ...(typeof Retain === 'string' ? { Retain } : {}),
    ...(Separate === undefined ? {} : { Separate: texts(Separate) }),
    ...(Escalate === undefined ? {} : { Escalate: steps(Escalate) }),
    ...(typeof Title === 'string' ? { Title } : {}),
    ...(Payload === undefined ? {} : { Payload }),
  };
}

export const allocations = ['offer', 'roundRobin', 'shortestQueue', 'random'] as const;

function target(value: Json): EscalationTarget {
  if (!isJsonObject(value)) return {};
  const { Assignee, Candidates, Role } = value;
  return {
    ...(typeof Assignee === 'string' ? { Assignee } : {}),
    ...(Candidates === undefined ? {} : { Candidates: texts(Candidates) }),
    ...(typeof Role === 'string' ? { Role } : {}),
  };
}

function texts(value: Json): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function steps(value: Json): readonly EscalationStep[] {
  const all = isJsonArray(value) ? value : [value];
  return all.flatMap((step) => {
    if (!isJsonObject(step) || typeof step['AfterSeconds'] !== 'number') return [];
    return [{ AfterSeconds: step['AfterSeconds'], To: target(step['To'] ?? {}) }];
  });
}

/** The work item of an offer or an activation; `undefined`: it is none, or none at work. */
export function itemAtHand(plan: Plan, state: ExecutionState, id: ActivationId): ItemAtHand | undefined {
  const open: Offer | Activation | undefined = state.offers.get(id) ?? state.activations.get(id);
  if (open === undefined || !isWorkItemState(plan, state, open)) return undefined;
  const { allotment } = open;
  const task = workOf(open);
  if (task === undefined) return undefined;
  const { attempt, input } = task;
  const isCurrent = allotment?.attempt === attempt;
  return { id, state: open.state, attempt, input, ...(isCurrent ? { allotment } : {}) };
}

function workOf(open: Offer | Activation): Pick<ItemAtHand, 'attempt' | 'input'> | undefined {
  if (!('work' in open)) return open.task && { attempt: 1, input: open.task.input };
  return open.work.kind === 'task' ? open.work : undefined;
}

function isWorkItemState(plan: Plan, state: ExecutionState, { scope, state: name }: Offer | Activation): boolean {
  const statePlan = plan.scopes[state.scopes.get(scope)?.plan ?? -1]?.states.get(name);
  return statePlan?.type === 'Task' && statePlan.resource.kind === 'workItem';
}

/** Whether it says more of who is to do it than who may. */
function asksForAllocation({ Role, Capabilities, Allocation, Retain }: WorkItemArguments): boolean {
  return Role !== undefined || Capabilities !== undefined || Allocation !== undefined || Retain !== undefined;
}

export function staffingOf(plan: Plan, state: ExecutionState, item: ItemAtHand): Staffing {
  const args = workItemArguments(item.input);
  const { allotment } = item;
  const nobody = allotment?.to?.candidates?.length === 0;
  if (allotment?.to !== undefined && !nobody) return allotment.to;
  const found = nobody ? { candidates: [] } : {};
  const to = allotment?.escalated === undefined ? undefined : args.Escalate?.[allotment.escalated.step - 1]?.To;
  if (to !== undefined) {
    if (to.Role === undefined) return named(to);
    return { ...found, wanted: { ...request(plan, state, item, args), role: to.Role, strategy: 'offer' } };
  }
  if (!asksForAllocation(args)) return named(args);
  const { Role, Capabilities, Candidates, Allocation = 'offer', Retain } = args;
  const familiar = Retain === undefined ? undefined : latestWorker(state, Retain);
  return {
    ...found,
    wanted: {
      ...request(plan, state, item, args),
      ...(Role === undefined ? {} : { role: Role }),
      ...(Capabilities === undefined ? {} : { capabilities: Capabilities }),
      ...(Candidates === undefined ? {} : { candidates: Candidates }),
      strategy: Allocation,
      ...(familiar === undefined ? {} : { familiar }),
    },
  };
}

function request(plan: Plan, state: ExecutionState, item: ItemAtHand, args: WorkItemArguments) {
  const workers = deedsBeside(plan, state, item.id).filter((deed) => isApart(item.state, args.Separate, deed));
  return {
    round: item.allotment?.round ?? 0,
    excluded: [...new Set(workers.map(({ worker }) => worker))],
    avoided: item.allotment?.returnedBy ?? [],
  };
}

function named({ Assignee, Candidates }: EscalationTarget): Staffing {
  return {
    ...(Assignee === undefined ? {} : { assignee: Assignee }),
    ...(Candidates === undefined ? {} : { candidates: Candidates }),
  };
}

function latestWorker({ deeds = [] }: ExecutionState, state: string): string | undefined {
  return deeds.findLast((deed) => deed.state === state)?.worker;
}

/** Why the worker may not have the item; `undefined`: he may. */
export function refusalOf(
  plan: Plan,
  state: ExecutionState,
  item: ItemAtHand,
  worker: string | undefined,
): Refusal | undefined {
  const staffing = staffingOf(plan, state, item);
  const { assignee, candidates, wanted } = staffing;
  const { Separate } = workItemArguments(item.input);
  const isForAll = assignee === undefined && candidates === undefined && wanted === undefined;
  if (worker === undefined) return isForAll && Separate === undefined ? undefined : { kind: 'unnamed', staffing };
  if (!isForAll && worker !== assignee && candidates?.includes(worker) !== true) return { kind: 'notAmong', staffing };
  return separationFrom(plan, state, item, worker);
}

/** What the worker has done, or is doing, that is to be kept apart from the item. */
export function separationFrom(
  plan: Plan,
  state: ExecutionState,
  { id, state: name, input }: ItemAtHand,
  worker: string,
): Refusal | undefined {
  const { Separate } = workItemArguments(input);
  const found = deedsBeside(plan, state, id).find((deed) => deed.worker === worker && isApart(name, Separate, deed));
  return found === undefined ? undefined : { kind: 'separate', state: found.state };
}

/** Separation holds both ways: whichever of the two comes first. */
function isApart(state: string, separate: readonly string[] | undefined, deed: Deed): boolean {
  return separate?.includes(deed.state) === true || deed.separate?.includes(state) === true;
}

/** What was done, and what somebody is doing now in other visits. */
function deedsBeside(plan: Plan, state: ExecutionState, id: ActivationId): readonly Deed[] {
  const doing: Deed[] = [];
  for (const active of state.activations.values()) {
    const { work } = active;
    if (active.id === id || work.kind !== 'task' || work.worker === undefined) continue;
    if (isWorkItemState(plan, state, active)) doing.push(deedOf(active.state, work.worker, work.input));
  }
  return [...(state.deeds ?? []), ...doing];
}

export function deedOf(state: string, worker: string, input: Json): Deed {
  const { Separate } = workItemArguments(input);
  return { state, worker, ...(Separate === undefined ? {} : { separate: Separate }) };
}

/** When the next escalation of an item is due that was offered then, ms since the epoch. @param taken steps so far. */
export function escalationDue(input: Json, offeredAt: number, taken: number): number | undefined {
  const step = workItemArguments(input).Escalate?.[taken];
  return step === undefined ? undefined : offeredAt + step.AfterSeconds * 1000;
}
