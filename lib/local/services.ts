import { HttpTasks } from '../execution/tasks/http/http-tasks.ts';
import { OwnApiTasks, type OwnFetch } from '../execution/tasks/own-api.ts';
import type { TaskRoutes } from '../execution/tasks/router.ts';
import type { TaskAssignment } from '../model/effect.ts';
import type { TaskInvoker, TaskOutcome } from '../ports/task-invoker.ts';
import type { Configuration } from './configuration.ts';
import { LocalConnections } from './connections.ts';
import { localPlace } from './engine.ts';

export interface LocalServicesOptions extends Pick<Configuration, 'connections' | 'httpAllow'> {
  /** The API of this very engine; absent: tasks that call it fail as those of any other service. */
  readonly ownApi?: OwnFetch;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What carries out tasks that are neither functions nor child executions. */
export function localServices({ connections, httpAllow, ownApi, now }: LocalServicesOptions): TaskRoutes {
  const http = new HttpTasks({
    connections: new LocalConnections(connections ?? {}, process.env),
    policy: httpAllow === undefined ? {} : { allow: httpAllow },
    region: localPlace.region,
    now,
  });
  return new Map<string, TaskInvoker>([
    ['http:invoke', http],
    ['service', new LazyServices(now)],
    ...(ownApi === undefined ? [] : [['aws-sdk:sfn', new OwnApiTasks(ownApi)] as const]),
  ]);
}

/** Loaded when the first task calls a service: the AWS SDK takes longer to load than everything else together. */
class LazyServices implements TaskInvoker {
  readonly #now: () => number;
  #loading: Promise<Required<TaskInvoker>> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    return (await this.#services()).invoke(task, signal);
  }

  async cancel(task: TaskAssignment): Promise<void> {
    if (task.submitted !== undefined) await (await this.#services()).cancel(task);
  }

  #services(): Promise<Required<TaskInvoker>> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Required<TaskInvoker>> {
    const [{ ServiceTasks }, { AwsClients }] = await Promise.all([
      import('../adapters/aws/services/service-tasks.ts'),
      import('../adapters/aws/clients.ts'),
    ]);
    return new ServiceTasks({ clients: new AwsClients(), now: this.#now });
  }
}
