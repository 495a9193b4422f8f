import { definingWorkflow, parseStatesArn } from '../../model/arn.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject } from '../../model/json.ts';
import { tenantOf } from '../../model/tenant.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import type { TaskOffers } from '../parts.ts';

/** Where there are tenants, what an execution starts and hands to workers stays within its own. */

/** Child executions of workflows of the same tenant only; an execution without a tenant may start any. */
export function childrenOfTenant(children: Required<TaskInvoker>): TaskInvoker {
  return {
    invoke: (task, signal) => {
      const arn = isJsonObject(task.input) ? task.input['StateMachineArn'] : undefined;
      const isForeign = typeof arn === 'string' && !isWithinTenant(task.execution, arn);
      return isForeign ? Promise.resolve(denied(task, arn)) : children.invoke(task, signal);
    },
    cancel: (task) => children.cancel(task),
  };
}

/** Tasks of activities of the same tenant only: those of others are not there. */
export function offersOfTenant(offers: Required<TaskOffers>): TaskOffers {
  return {
    hasActivity: async (arn, execution) => isWithinTenant(execution, arn) && offers.hasActivity(arn, execution),
    offer: (task) => offers.offer(task),
    withdraw: (task) => offers.withdraw(task),
  };
}

function isWithinTenant(execution: string, other: string): boolean {
  const tenant = tenantIn(execution);
  return tenant === undefined || tenant === tenantIn(other);
}

function tenantIn(arn: string): string | undefined {
  return tenantOf(definingWorkflow(parseStatesArn(arn)?.name ?? arn));
}

function denied({ execution }: TaskAssignment, arn: string): TaskOutcome {
  const code = 'AccessDenied';
  const cause = `${execution} may not start ${arn}, which is not of its tenant (Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: none; Proxy: null)`;
  return { kind: 'failed', reason: 'failed', error: `StepFunctions.${code}Exception`, cause };
}
