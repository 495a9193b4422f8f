import type { TaskAssignment } from '../../model/effect.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';

/** Invokers by what they carry out: `lambda` (functions by ARN), or `<service>:<action>` as in `lambda:invoke`. */
export type TaskRoutes = ReadonlyMap<string, TaskInvoker>;

/** The services that compositions have an invoker for. */
export const INTEGRATIONS: ReadonlySet<string> = new Set(['lambda:invoke', 'states:startExecution', 'http:invoke']);

/** Hands each task to the invoker for its resource. */
export class TaskRouter implements TaskInvoker {
  readonly #routes: TaskRoutes;

  constructor(routes: TaskRoutes) {
    this.#routes = routes;
  }

  invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const invoker = this.#routes.get(routeOf(task));
    return invoker === undefined ? Promise.resolve(unsupported(task)) : invoker.invoke(task, signal);
  }

  async cancel(task: TaskAssignment): Promise<void> {
    await this.#routes.get(routeOf(task))?.cancel?.(task);
  }
}

function routeOf({ resource }: TaskAssignment): string {
  return resource.kind === 'service' ? `${resource.service}:${resource.action}` : resource.kind;
}

function unsupported(task: TaskAssignment): TaskOutcome {
  return {
    kind: 'failed',
    reason: 'notScheduled',
    error: 'States.Runtime',
    cause: `This engine has no integration for '${task.resource.arn}', which state '${task.state}' uses. Call it from a Lambda function, or through an activity.`,
  };
}
