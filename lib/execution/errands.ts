import type { TaskCommand } from '../model/command.ts';
import type { AcquirePermits, Effect, InvokeTask, TaskAssignment } from '../model/effect.ts';
import type { ExecutionState } from '../model/state.ts';
import { closingFact } from './facts.ts';
import type { EngineParts } from './parts.ts';

/** What is done outside and gives no result: everything but calls, and permits. */
export type Errand = Exclude<Effect, InvokeTask | AcquirePermits>;

/** Resolves once it is done, with the end of the task if that could not even be offered, or with those whom it is for. */
export async function runErrand(
  { offers, workItems, allocator, invoker, inbox, clock, pools }: EngineParts,
  state: ExecutionState,
  errand: Errand,
): Promise<TaskCommand | undefined> {
  switch (errand.type) {
    case 'OfferTask':
      if (errand.task.resource.kind === 'workItem') {
        await workItems.offer(errand.task);
        // That nobody fitted is on record, and is looked at when somebody comes.
        const { staffing } = errand.task;
        return staffing?.wanted === undefined || staffing.candidates !== undefined
          ? undefined
          : allocator?.answer(errand.task);
      }
      if ((await offers.hasActivity?.(errand.task.resource.arn, errand.task.execution)) === false) {
        return refused(errand.task);
      }
      await offers.offer(errand.task);
      return undefined;
    case 'CancelTask':
      if (errand.task.resource.kind === 'activity') await offers.withdraw(errand.task);
      else if (errand.task.resource.kind === 'workItem') await workItems.withdraw(errand.task);
      else await invoker.cancel?.(errand.task);
      return undefined;
    case 'ReleasePermits':
      await pools?.release({ ...errand, execution: state.identity.id }, errand.pools);
      return undefined;
    case 'NotifyParent':
      await inbox.deposit(errand.parent.execution, closingFact(state, errand.parent, clock.now()));
      return undefined;
  }
}

/** No worker can ever come for it. */
function refused({ activation, attempt, state, resource: { arn } }: TaskAssignment): TaskCommand {
  const cause = `An error occurred while scheduling the state '${state}'. The activity '${arn}' does not exist.`;
  return { type: 'TaskFailed', activation, attempt, reason: 'notScheduled', error: 'States.Runtime', cause };
}
