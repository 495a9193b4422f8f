import { tenantOf } from '../../model/tenant.ts';
import type { OwnCaller } from './authenticator.ts';
import { workflowNameIn } from './demand.ts';

/** An execution whose task calls the engine: it may do everything, but within its own tenant if it has one. */
export function executionCaller(execution: string): OwnCaller {
  const tenant = tenantOf(workflowNameIn(execution));
  return { subject: execution, ...(tenant === undefined ? {} : { tenant }) };
}
