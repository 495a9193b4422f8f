import { integrationPatterns } from '../../language/index.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';

/**
 * Invokers by what they carry out: `lambda` (functions by ARN), `<service>:<action>` as in `lambda:invoke`, a service as in
 * `aws-sdk:sfn`, or `service` for every other one.
 */
export type TaskRoutes = ReadonlyMap<string, TaskInvoker>;

/** Optimised integrations of Step Functions that the engine does not have. */
const MISSING: ReadonlySet<string> = new Set([
  'apigateway:invoke',
  'eks:call',
  'eks:runJob',
  'elasticmapreduce:modifyInstanceFleetByName',
  'elasticmapreduce:modifyInstanceGroupByName',
]);

/** What compositions have an invoker for. Whether the client of a service is installed shows when it is called. */
export const INTEGRATIONS = {
  has: (name: string): boolean => {
    const [service = '', action = ''] = name.split(/:(?=[^:]*$)/);
    return !MISSING.has(name) && integrationPatterns(service, action) !== undefined;
  },
};

/** Hands each task to the invoker for its resource. */
export class TaskRouter implements TaskInvoker {
  readonly #routes: TaskRoutes;

  constructor(routes: TaskRoutes) {
    this.#routes = routes;
  }

  invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const invoker = this.#invokerOf(task);
    return invoker === undefined ? Promise.resolve(unsupported(task)) : invoker.invoke(task, signal);
  }

  async cancel(task: TaskAssignment): Promise<void> {
    await this.#invokerOf(task)?.cancel?.(task);
  }

  #invokerOf({ resource }: TaskAssignment): TaskInvoker | undefined {
    if (resource.kind !== 'service') return this.#routes.get(resource.kind);
    const name = `${resource.service}:${resource.action}`;
    const own = this.#routes.get(name) ?? this.#routes.get(resource.service);
    return own ?? (INTEGRATIONS.has(name) ? this.#routes.get('service') : undefined);
  }
}

function unsupported(task: TaskAssignment): TaskOutcome {
  return {
    kind: 'failed',
    reason: 'notScheduled',
    error: 'States.Runtime',
    cause: `This engine has no integration for '${task.resource.arn}', which state '${task.state}' uses. Call it from a Lambda function, or through an activity.`,
  };
}
