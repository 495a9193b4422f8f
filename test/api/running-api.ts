import type { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { type ServerType, serve } from '@hono/node-server';
import {
  MemoryObjectStore,
  MemoryTimerService,
  MemoryWorkQueue,
  memoryStores,
} from '../../lib/adapters/memory/index.ts';
import { SystemClock, SystemIds } from '../../lib/adapters/system/index.ts';
import { type ApiPolicy, createApi, localPolicy } from '../../lib/api/index.ts';
import { ActivityRegistry } from '../../lib/execution/activities.ts';
import { compileStored, load } from '../../lib/execution/definitions.ts';
import { ExecutionEngine } from '../../lib/execution/engine.ts';
import { ObjectItemStorage } from '../../lib/execution/items/object-item-storage.ts';
import { defaultPolicy } from '../../lib/execution/parts.ts';
import { isPermitWanted } from '../../lib/execution/permits.ts';
import { TaskRouter } from '../../lib/execution/tasks/router.ts';
import { WorkItemRegistry } from '../../lib/execution/work-items.ts';
import { WorkflowRegistry } from '../../lib/execution/workflows.ts';
import { HandlerTasks } from '../../lib/local/handler-tasks.ts';
import { fixedHandlers, type Handler } from '../../lib/local/handlers.ts';
import { Participants } from '../../lib/resources/allocation/participants.ts';
import { ResourceAllocator } from '../../lib/resources/allocation/resource-allocator.ts';
import { ResourcePools } from '../../lib/resources/pools/resource-pools.ts';
import { StateManager } from '../../lib/state/state-manager.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/tasks';
export const place = { partition: 'aws', region: 'eu-central-1', account: '123456789012' };

/** The engine on memory behind a real port. */
export interface RunningApi {
  readonly url: string;
  readonly client: SFNClient;
  close(): Promise<void>;
}

export interface RunningApiOptions {
  readonly policy?: Partial<ApiPolicy>;
  /** Functions by name. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

export async function startApi({ policy = {}, handlers = {} }: RunningApiOptions = {}): Promise<RunningApi> {
  const clock = new SystemClock();
  const ids = new SystemIds();
  const stores = memoryStores();
  const queue = new MemoryWorkQueue(clock);
  const workflows = new WorkflowRegistry(stores.keyValues, compileStored);
  const states = new StateManager({
    store: stores.events,
    planOf: (workflow) => workflows.plan(workflow),
    ids,
    exclusive: true,
  });
  const activities = new ActivityRegistry(stores.keyValues, stores.inbox, clock);
  const workItems = new WorkItemRegistry(stores.keyValues);
  const participants = new Participants(stores.keyValues);
  const allocator = new ResourceAllocator({ store: stores.keyValues, participants, queues: workItems, ids });
  const functions = new HandlerTasks(fixedHandlers(handlers));
  const invoker = new TaskRouter(new Map([['lambda:invoke', functions]]));
  const telemetry = { log: () => {} };
  const pools = new ResourcePools({
    store: stores.keyValues,
    clock,
    ids,
    telemetry,
    wake: (execution) => engine.wake(execution),
    isWanted: (holder, pool, since) => isPermitWanted({ states, clock }, holder, pool, since),
  });
  const engine: ExecutionEngine = new ExecutionEngine(
    {
      states,
      inbox: stores.inbox,
      queue,
      timers: new MemoryTimerService(clock, queue),
      invoker,
      offers: activities,
      workItems,
      allocator,
      pools,
      items: new ObjectItemStorage(new MemoryObjectStore()),
      clock,
      ids,
      telemetry,
      policy: { ...defaultPolicy, owner: 'test', exclusive: true },
    },
    workflows,
    place,
  );
  queue.consume(({ execution }) => engine.turn(execution), { concurrency: 100, maxDeliveries: 1 });
  const api = createApi({
    ...{ engine, workflows, activities, workItems, allocator, pools, states, clock, ids, place, invoker, telemetry },
    index: stores.index,
    rows: stores.events,
    loadDefinition: load,
    policy: { ...localPolicy, ...policy },
  });
  const server = await listen(api.fetch);
  // Asserted: a server that listens on a TCP port has such an address.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SFNClient({
    endpoint: url,
    region: place.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    disableHostPrefix: true,
    maxAttempts: 1,
  });
  return {
    url,
    client,
    close: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
      await queue.stop();
    },
  };
}

function listen(fetch: (request: Request) => Promise<Response>): Promise<ServerType> {
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server));
  });
}

/** Definitions that the tests run. */
export const definitions = {
  /** Gives its input and `by`. */
  pass: (by = 'first') => ({
    StartAt: 'Give',
    States: { Give: { Type: 'Pass', Result: by, ResultPath: '$.by', End: true } },
  }),
  wait: { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 3_600, End: true } } },
  fail: { StartAt: 'Refuse', States: { Refuse: { Type: 'Fail', Error: 'Refused', Cause: 'No.' } } },
  activity: (arn: string) => ({
    StartAt: 'Work',
    States: { Work: { Type: 'Task', Resource: arn, HeartbeatSeconds: 600, End: true } },
  }),
  callback: (functionName: string) => ({
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Parameters: { FunctionName: functionName, Payload: { 'token.$': '$$.Task.Token' } },
        End: true,
      },
    },
  }),
} as const;
