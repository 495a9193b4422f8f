import type { SuspensionOutcome } from '../../execution/suspend.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { describeExecution, executionNotFound } from './executions.ts';

/**
 * Holds an execution back: nothing in it begins until it is resumed. One that is suspended stays so, with its old reason.
 * @throws ApiError `executionNotFound`, `executionClosed`
 */
export async function suspendExecution(services: Services, execution: string, reason?: string): Promise<void> {
  await describeExecution(services, execution);
  refuse(execution, await services.engine.suspend(execution, reason));
}

/** Lets an execution go on; one that is not suspended does so anyway. @throws as `suspendExecution` */
export async function resumeExecution(services: Services, execution: string): Promise<void> {
  await describeExecution(services, execution);
  refuse(execution, await services.engine.resume(execution));
}

function refuse(execution: string, outcome: SuspensionOutcome): void {
  if (outcome === 'notFound') throw executionNotFound(execution);
  if (outcome === 'closed') {
    throw new ApiError('executionClosed', execution, 'Look at how it ended: it has closed, and nothing begins in it.');
  }
}
