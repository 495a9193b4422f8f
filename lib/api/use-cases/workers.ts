import type { OutsideTask } from '../../execution/outside-work.ts';
import { itemAtHand, type Refusal, refusalOf, separationFrom } from '../../model/work-item.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { workflowNameIn } from '../auth/demand.ts';
import { may } from '../auth/principal.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';

/** Who works on a work item, and whether that one may. */

/**
 * Where callers are known, they are the workers themselves, unless they may act for others: then it is the one who is
 * named, or else who has the item.
 * @throws ApiError `workerNotAllowed`
 */
export function workerFor(
  { caller }: Services,
  execution: string,
  named: string | undefined,
  holder?: string,
): string | undefined {
  if (caller === undefined || caller.kind === 'process') return named;
  if (may(caller, 'workitems:act', workflowNameIn(execution))) return named ?? holder ?? caller.subject;
  if (named === undefined || named === caller.subject) return caller.subject;
  const message = `Name yourself, "${caller.subject}", or nobody: to act for others takes the scope workitems:act.`;
  throw new ApiError('workerNotAllowed', named, message);
}

/** @throws ApiError `workerNotAllowed` if the worker may not take it. */
export function checkMayTake(live: LiveExecution, task: OutsideTask, worker: string | undefined): void {
  const item = itemAtHand(live.plan, live.state, task.activation);
  const refusal = item && refusalOf(live.plan, live.state, item, worker);
  if (refusal !== undefined) throw notAllowed(refusal, worker);
}

/** @throws ApiError `workerNotAllowed` if the worker has done, or is doing, what is to be kept apart from it. */
export function checkSeparation(live: LiveExecution, task: OutsideTask, worker: string): void {
  const item = itemAtHand(live.plan, live.state, task.activation);
  const refusal = item && separationFrom(live.plan, live.state, item, worker);
  if (refusal !== undefined) throw notAllowed(refusal, worker);
}

/** Whether just anybody may do it, who need not be named. */
export function isForAnybody(live: LiveExecution, { activation }: Pick<OutsideTask, 'activation'>): boolean {
  const item = itemAtHand(live.plan, live.state, activation);
  return item === undefined || refusalOf(live.plan, live.state, item, undefined) === undefined;
}

function notAllowed(refusal: Refusal, worker: string | undefined): ApiError {
  if (refusal.kind === 'separate') {
    const message = `"${worker}" may not do it: the same person did the state "${refusal.state}", which is to be kept apart from it.`;
    return new ApiError('workerNotAllowed', worker ?? '', message);
  }
  const { assignee, candidates = [], wanted } = refusal.staffing;
  const names = [...(assignee === undefined ? [] : [assignee]), ...candidates].map((name) => `"${name}"`).join(', ');
  const who = worker === undefined ? 'Name the worker' : `"${worker}" may not take it`;
  const whose =
    names !== ''
      ? `for ${names}`
      : wanted === undefined
        ? 'for those who are kept apart from others'
        : unallocated(wanted);
  return new ApiError('workerNotAllowed', worker ?? '', `${who}: the work item is ${whose}.`);
}

function unallocated({ role }: { readonly role?: string }): string {
  return `to be allocated${role === undefined ? '' : ` to a participant of the role "${role}"`}, and has not been yet`;
}
