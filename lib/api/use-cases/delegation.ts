import { type OutsideTask, outsideTask } from '../../execution/outside-work.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { workItemArguments } from '../../model/work-item.ts';
import { fits } from '../../resources/allocation/participant.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { eventsAfter, tell } from './decisions.ts';
import { happened, openItem, workItemClosed, workItemTaken } from './work-items.ts';
import { checkSeparation, workerFor } from './workers.ts';

/**
 * Whoever has a work item, or is its assignee, hands it to somebody who could have been given it.
 * @throws ApiError `workItemTaken`, `workItemClosed`, `workerNotAllowed`, `notSupported` for what is no work item.
 */
export async function delegateWorkItem(
  services: Services,
  id: string,
  worker: string | undefined,
  to: string,
): Promise<OutsideTask> {
  const { task, live } = await openItem(services, id);
  const { execution, activation, attempt, state } = task;
  if (task.kind !== 'workItem') {
    throw new ApiError(
      'notSupported',
      state,
      `Complete it or fail it: '${state}' is no work item, and stays where it is.`,
    );
  }
  const by = workerFor(services, execution, worker);
  if (by === undefined) throw new ApiError('requestInvalid', 'worker', 'Name the worker who hands it on.');
  const holder = task.status === 'started' ? task.worker : task.staffing?.assignee;
  if (holder === to) return task;
  if (holder !== by) throw holder === undefined ? takeFirst(by) : workItemTaken({ ...task, worker: holder });
  await checkFits(services, task, to);
  checkSeparation(live, task, to);
  await tell(services, execution, { type: 'DelegateTask', activation, attempt, worker: by, to });
  const isDelegation = (event: ExecutionEvent) =>
    event.type === 'TaskDelegated' && event.id === activation && event.to === to;
  const isDone = await happened(eventsAfter(services, execution, live.number), isDelegation);
  const now = await openItem(services, id);
  if (!isDone) {
    checkSeparation(now.live, now.task, to);
    throw workItemClosed();
  }
  if (now.task.worker === to) await services.workItems.started(now.task, to);
  return outsideTask(now.live.plan, now.live.state, activation) ?? now.task;
}

/** @throws ApiError `workerNotAllowed` */
async function checkFits({ allocator }: Services, task: OutsideTask, to: string): Promise<void> {
  const { Candidates, Role, Capabilities } = workItemArguments(task.input);
  if (Candidates !== undefined && !Candidates.includes(to)) throw notFor(to, 'is not among its candidates');
  if (Role === undefined && Capabilities === undefined) return;
  const known = await allocator.participants.find(to);
  const requirement = {
    ...(Role === undefined ? {} : { role: Role }),
    ...(Capabilities === undefined ? {} : { capabilities: Capabilities }),
  };
  if (known === undefined) throw notFor(to, 'is no participant');
  if (!fits(known, requirement)) throw notFor(to, 'does not have the role and the capabilities that it asks for');
}

function notFor(to: string, why: string): ApiError {
  return new ApiError('workerNotAllowed', to, `Hand it to somebody else: "${to}" ${why}.`);
}

function takeFirst(by: string): ApiError {
  return new ApiError(
    'workerNotAllowed',
    by,
    `Start it first: "${by}" does not have it, and it is not for "${by}" alone.`,
  );
}
