import { type OutsideTask, outsideTask, outsideTasks } from '../../execution/outside-work.ts';
import type { WorkItemFilter } from '../../execution/work-items.ts';
import { ErrorName } from '../../model/errors.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { type Json, jsonEqual } from '../../model/json.ts';
import type { Failure } from '../../model/plan.ts';
import { readTaskToken } from '../../model/task-token.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { workflowNameIn } from '../auth/demand.ts';
import { visiblePage } from '../auth/guard.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { eventsAfter, findEvent, tell } from './decisions.ts';
import { isOurs, loadExecution } from './executions.ts';
import { pageOf } from './pages.ts';
import { checkPayload } from './payload.ts';
import { checkMayTake, checkSeparation, isForAnybody, workerFor } from './workers.ts';

/** How a task ended that was completed or failed from outside. */
type End = { readonly output: Json } | { readonly failure: Failure };

/** Executions of listed items that are loaded at the same time. */
const PARALLEL_LOADS = 16;
/** So far back, in commits, the end of a task is looked for when somebody tells it once more. */
const REPEATED_WITHIN = 1_000;

/** The open ones of an execution: work items, tasks of activities, and tasks that wait for a callback. @throws ApiError */
export async function workItemsOf(services: Services, execution: string): Promise<readonly OutsideTask[]> {
  const { plan, state } = await loadExecution(services, execution);
  return outsideTasks(plan, state);
}

export interface WorkItemQuery extends WorkItemFilter {
  /** 1 … 1,000. */
  readonly limit: number;
  readonly after?: string | undefined;
}

/**
 * Open work items of all executions, as their logs have them. A page may be shorter than asked for, or empty, although
 * another one follows. @throws ApiError `pageTokenInvalid`
 */
export async function listWorkItems(services: Services, query: WorkItemQuery): Promise<Page<OutsideTask>> {
  const { limit, after, ...filter } = query;
  const page = await pageOf(services.workItems.list(filter, { limit, ...(after === undefined ? {} : { after }) }));
  const listed = visiblePage(services, 'workitems:list', page, ({ execution }) => workflowNameIn(execution)).items;
  const executions = await loadAll(services, [...new Set(listed.map(({ execution }) => execution))]);
  const items: OutsideTask[] = [];
  for (const item of listed) {
    const live = executions.get(item.execution);
    const task = live && outsideTask(live.plan, live.state, item.activation);
    if (task === undefined || task.token !== item.token) await item.drop();
    else if (fits(task, filter)) items.push(task);
  }
  return { ...page, items };
}

async function loadAll(services: Services, ids: readonly string[]): Promise<ReadonlyMap<string, LiveExecution>> {
  const found = new Map<string, LiveExecution>();
  for (let i = 0; i < ids.length; i += PARALLEL_LOADS) {
    const some = await Promise.all(ids.slice(i, i + PARALLEL_LOADS).map((id) => services.states.load(id)));
    for (const live of some) if (live !== undefined) found.set(live.id, live);
  }
  return found;
}

function fits(task: OutsideTask, { assignee, candidate }: WorkItemFilter): boolean {
  const { assignee: given, candidates = [] } = task.staffing ?? {};
  if (assignee !== undefined) return task.worker === undefined ? given === assignee : task.worker === assignee;
  return candidate === undefined || (task.status === 'offered' && candidates.includes(candidate));
}

/** @throws ApiError `workItemNotFound`, `workItemClosed` */
export async function findWorkItem(services: Services, id: string): Promise<OutsideTask> {
  return (await openItem(services, id)).task;
}

/**
 * A worker takes it. One who has it already is answered alike.
 * @throws ApiError `workItemTaken`, `workItemClosed`, `workerNotAllowed`, `executionSuspended`
 */
export async function startWorkItem(services: Services, id: string, worker: string | undefined): Promise<OutsideTask> {
  const item = await openItem(services, id);
  const who = workerFor(services, item.task.execution, worker);
  if (who === undefined) throw new ApiError('requestInvalid', 'worker', 'Name the worker who starts it.');
  return startItem(services, item, who);
}

/**
 * Ends it with an output; what nobody has taken is started first. Told once more, it is answered alike.
 * @param worker who has it, or is to have done it; absent: whoever has it.
 * @throws ApiError `workItemTaken`, `workItemClosed`, `workerNotAllowed`, `outputInvalid`
 */
export async function completeWorkItem(
  services: Services,
  id: string,
  output: Json,
  worker: string | undefined,
): Promise<void> {
  checkPayload(output, 'outputInvalid');
  await endItem(services, id, { output }, worker);
}

/** As `completeWorkItem`, with an error. @throws ApiError */
export async function failWorkItem(
  services: Services,
  id: string,
  failure: Failure,
  worker: string | undefined,
): Promise<void> {
  await endItem(services, id, { failure }, worker);
}

/**
 * Whoever has taken it gives it back, to be offered again; what is on offer stays so.
 * @throws ApiError `workItemTaken`, `workItemClosed`, `notSupported` for what is no work item.
 */
export async function returnWorkItem(services: Services, id: string, worker: string | undefined): Promise<OutsideTask> {
  const { task, live } = await openItem(services, id);
  if (task.kind !== 'workItem') {
    const message = `Complete it or fail it: '${task.state}' is no work item, and cannot be given back.`;
    throw new ApiError('notSupported', task.state, message);
  }
  if (task.status === 'offered') return task;
  checkHolder(services, { task, live }, worker);
  const { execution, activation, attempt } = task;
  await tell(services, execution, { type: 'TaskReturned', activation, attempt });
  const isReturn = (event: ExecutionEvent) => event.type === 'TaskReturned' && event.id === activation;
  if (!(await happened(eventsAfter(services, execution, live.number), isReturn))) throw workItemClosed();
  const now = await services.states.load(execution);
  return (now && outsideTask(now.plan, now.state, activation)) ?? task;
}

export interface OpenItem {
  readonly task: OutsideTask;
  readonly live: LiveExecution;
}

/** @throws ApiError `workItemNotFound`, `workItemClosed` */
export async function openItem(services: Services, id: string): Promise<OpenItem> {
  const found = await itemOf(services, id);
  if (found.task === undefined) throw workItemClosed();
  return { live: found.live, task: found.task };
}

async function itemOf(services: Services, id: string) {
  const claim = readTaskToken(id);
  const isKnown = claim !== undefined && isOurs(services.place, claim.execution);
  const live = isKnown ? await services.states.load(claim.execution) : undefined;
  if (claim === undefined || live === undefined) {
    throw new ApiError(
      'workItemNotFound',
      id,
      'Look at the list of work items for the right id: there is none of this one.',
    );
  }
  const task = outsideTask(live.plan, live.state, claim.activation);
  return { claim, live, task: task?.token === id ? task : undefined };
}

/** @throws ApiError */
async function startItem(services: Services, item: OpenItem, worker: string | undefined): Promise<OutsideTask> {
  const { task } = item;
  if (task.status === 'started') {
    if (task.kind !== 'callback' && task.worker === worker) return noted(services, task);
    throw workItemTaken(task);
  }
  if (item.live.state.suspended !== undefined) throw suspended(task.execution);
  if (task.kind === 'workItem') checkMayTake(item.live, task, worker);
  const { execution, activation, attempt } = task;
  await tell(services, execution, {
    ...{ type: 'TaskStarted', activation, attempt },
    ...(worker === undefined ? {} : { worker }),
  });
  const { task: now, live } = await openItem(services, task.token);
  // It may have gone to others meanwhile.
  if (now.status === 'offered') checkMayTake(live, now, worker);
  if (now.status !== 'started' || now.worker !== worker) throw workItemTaken(now);
  return noted(services, now);
}

function suspended(execution: string): ApiError {
  return new ApiError(
    'executionSuspended',
    execution,
    'Wait until the execution is resumed: it is suspended, and nothing in it begins.',
  );
}

/** In the list of its worker, too. */
async function noted(services: Services, task: OutsideTask): Promise<OutsideTask> {
  if (task.kind === 'workItem' && task.worker !== undefined) await services.workItems.started(task, task.worker);
  return task;
}

async function endItem(services: Services, id: string, end: End, worker: string | undefined): Promise<void> {
  const { task, live, claim } = await itemOf(services, id);
  const { execution, activation, attempt } = claim;
  if (task === undefined) {
    const from = Math.max(0, live.number - REPEATED_WITHIN);
    if (await happened(eventsAfter(services, execution, from - 1), (event) => isEnd(event, activation, end))) return;
    throw workItemClosed();
  }
  const who = task.kind === 'workItem' ? workerFor(services, execution, worker, task.worker) : worker;
  if (task.status === 'offered') await startItem(services, { task, live }, who);
  else checkHolder(services, { task, live }, who);
  const told =
    'output' in end
      ? ({ type: 'TaskSucceeded', output: end.output } as const)
      : ({ type: 'TaskFailed', reason: 'failed', ...end.failure } as const);
  const by = task.kind !== 'workItem' || who === undefined ? {} : { worker: who };
  await tell(services, execution, { activation, attempt, ...told, ...by });
  const isDone = await happened(eventsAfter(services, execution, live.number), (e) => isEnd(e, activation, end));
  if (!isDone) {
    await refuseEnd(services, id, who);
    throw workItemClosed();
  }
  if (task.kind === 'workItem') await services.workItems.remove(task);
}

/** Whether that is how the task ended. */
function isEnd(event: ExecutionEvent, activation: number, end: End): boolean {
  if ('output' in end) {
    if (event.type === 'TaskFailed' && event.id === activation) return event.error === ErrorName.dataLimitExceeded;
    return event.type === 'TaskSucceeded' && event.id === activation && jsonEqual(event.output, end.output);
  }
  if (event.type !== 'TaskFailed' || event.id !== activation || event.reason !== 'failed') return false;
  return event.error === end.failure.error && event.cause === end.failure.cause;
}

export async function happened(
  events: AsyncIterable<ExecutionEvent>,
  fits: (event: ExecutionEvent) => boolean,
): Promise<boolean> {
  return (await findEvent(events, (event): event is ExecutionEvent => fits(event))) !== undefined;
}

/** It is still open, and the worker may not end it. @throws ApiError */
async function refuseEnd(services: Services, id: string, worker: string | undefined): Promise<void> {
  const { task, live } = await itemOf(services, id);
  if (task?.kind !== 'workItem') return;
  if (worker !== undefined && task.worker !== undefined && task.worker !== worker) throw workItemTaken(task);
  if (task.worker !== undefined) checkSeparation(live, task, task.worker);
}

/** The worker must be the one who has it, and must be named where it is not for anybody. @throws ApiError */
function checkHolder(services: Services, { task, live }: OpenItem, named: string | undefined): void {
  const { worker, kind, execution } = task;
  if (kind !== 'workItem' || worker === undefined) return;
  const who = workerFor(services, execution, named, worker);
  if (who === worker || (who === undefined && isForAnybody(live, task))) return;
  if (who !== undefined) throw workItemTaken(task);
  throw new ApiError(
    'workerNotAllowed',
    '',
    `Name the worker who has it: the work item of "${task.state}" is not for anybody.`,
  );
}

export function workItemTaken({ worker, state }: OutsideTask): ApiError {
  const holder = worker === undefined ? 'somebody' : `"${worker}"`;
  return new ApiError('workItemTaken', state, `Take another one: ${holder} has this work item.`);
}

export function workItemClosed(): ApiError {
  const message = 'Give the work item up: it has ended, timed out, or been withdrawn.';
  return new ApiError('workItemClosed', 'id', message);
}
