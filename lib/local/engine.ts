import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MemoryTimerService, MemoryWorkQueue } from '../adapters/memory/index.ts';
import { openSqlite, type SqliteStores } from '../adapters/sqlite/index.ts';
import { FolderLogDelivery, SigningKeyFile, SystemClock, SystemIds } from '../adapters/system/index.ts';
import { ActivityRegistry } from '../execution/activities.ts';
import { CircuitBreakers } from '../execution/breakers/circuit-breakers.ts';
import { consumeTurn, DeadLetters } from '../execution/dead-letters.ts';
import { compileStored } from '../execution/definitions.ts';
import { ExecutionEngine } from '../execution/engine.ts';
import { ExecutionLogs } from '../execution/execution-logs.ts';
import { GatedTasks, type TaskGate } from '../execution/gates.ts';
import { ObjectItemStorage } from '../execution/items/object-item-storage.ts';
import { LoggedEventStore } from '../execution/logged-event-store.ts';
import { defaultPolicy } from '../execution/parts.ts';
import { isPermitWanted } from '../execution/permits.ts';
import { ExecutionPipeline } from '../execution/pipeline/pipeline.ts';
import type { PipelineStage } from '../execution/pipeline/stage.ts';
import { openRates, type Rates } from '../execution/rates/rates.ts';
import { ChildExecutions } from '../execution/tasks/child.ts';
import { TaskRouter, type TaskRoutes } from '../execution/tasks/router.ts';
import { childrenOfTenant, offersOfTenant } from '../execution/tasks/tenants.ts';
import { WorkItemRegistry } from '../execution/work-items.ts';
import { WorkflowRegistry } from '../execution/workflows.ts';
import type { Place } from '../model/arn.ts';
import { CorruptLog } from '../model/errors.ts';
import { retryDelay } from '../model/retry.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { TaskInvoker } from '../ports/task-invoker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { Ledger } from '../provenance/ledger.ts';
import type { BreakerPolicy } from '../resilience/breaker-policy.ts';
import type { RateLimitTable } from '../resilience/rate-limit.ts';
import { deliveriesOf, localQueuePolicy, type RetryPolicy } from '../resilience/retry-policy.ts';
import { Participants } from '../resources/allocation/participants.ts';
import { ResourceAllocator } from '../resources/allocation/resource-allocator.ts';
import { ResourcePools } from '../resources/pools/resource-pools.ts';
import { StateManager } from '../state/state-manager.ts';
import { type Chore, regularly } from './regularly.ts';

export interface LocalEngineOptions {
  /** Folder of the database; made if it does not exist. One process at a time. */
  readonly dataDir: string;
  /** Carries out function tasks. */
  readonly functions: TaskInvoker;
  /** Carry out tasks of other services; none by default. */
  readonly services?: TaskRoutes;
  /** The buckets of maps that read items or write results. */
  readonly buckets: ObjectStore;
  readonly telemetry: Telemetry;
  readonly place?: Place;
  /** There are tenants, which do not reach each other; `false` by default. */
  readonly hasTenants?: boolean;
  /** When a message comes again whose turn failed because of the engine itself; `localQueuePolicy` by default. */
  readonly redelivery?: RetryPolicy;
  /** `false`: open executions are left alone; true by default. */
  readonly takesUp?: boolean;
  /** Limits of resource pools, by name; none by default. */
  readonly pools?: ReadonlyMap<string, number>;
  /** Policies of circuit breakers, by target; none by default. */
  readonly breakers?: ReadonlyMap<string, BreakerPolicy>;
  /** Of the pipeline, the first one first; none by default. */
  readonly stages?: readonly PipelineStage[];
  /** Rate limits, by name; none by default. */
  readonly rateLimits?: RateLimitTable;
}

/** ARNs on one machine, unless told otherwise. */
export const localPlace: Place = { partition: 'aws', region: 'us-east-1', account: '000000000000' };

/** Turns under way at once. A turn that waits for a slow task costs memory, not a thread. */
const CONCURRENT_TURNS = 100_000;
/** How often logs whose retention is over are removed, ms, and how many at a time. */
const FORGET_EVERY_MS = 3_600_000;
const FORGET_AT_ONCE = 200;
const SWEEP_EVERY_MS = 60_000;
const SEAL_EVERY_MS = 3_600_000;
/** How long tasks in flight may take to end when the engine stops, ms. */
const GRACE_MS = 5_000;
/** Open executions looked up at a time when the engine starts. */
const RECOVERY_PAGE = 1_000;
/** How long a change of a workflow's logging configuration may take to be seen, ms. */
const LOGGING_FRESH_MS = 1_000;

/** The engine in one process, on SQLite: everything that the API needs, and its end. */
export interface LocalEngine {
  readonly engine: ExecutionEngine;
  readonly workflows: WorkflowRegistry;
  readonly activities: ActivityRegistry;
  readonly workItems: WorkItemRegistry;
  readonly allocator: ResourceAllocator;
  readonly deadLetters: DeadLetters;
  readonly states: StateManager;
  readonly stores: SqliteStores;
  readonly clock: SystemClock;
  readonly ids: SystemIds;
  readonly place: Place;
  readonly invoker: TaskInvoker;
  readonly pools: ResourcePools;
  readonly breakers: CircuitBreakers;
  readonly rates: Rates;
  readonly ledger: Ledger;
  /** Open executions that were found and taken up again. */
  readonly recovered: number;
  /** Takes no new work, lets commits under way end, and closes the database. What runs goes on at the next start. */
  close(): Promise<void>;
}

export async function openLocalEngine(options: LocalEngineOptions): Promise<LocalEngine> {
  const { telemetry, place = localPlace, hasTenants = false } = options;
  const stores = await openSqlite(options.dataDir);
  const clock = new SystemClock();
  const ids = new SystemIds();
  const workflows = new WorkflowRegistry(stores.keyValues, compileStored);
  const events = new LoggedEventStore(stores.events, telemetry);
  const states = new StateManager({
    store: events,
    planOf: (workflow) => workflows.plan(workflow),
    ids,
    exclusive: true,
  });
  const delivery = new FolderLogDelivery(join(options.dataDir, 'logs'));
  events.logTo(new ExecutionLogs({ states, workflows, delivery, clock, freshForMs: LOGGING_FRESH_MS }));
  const signer = new SigningKeyFile(join(options.dataDir, 'ledger.key'));
  const ledger = new Ledger({ store: stores.keyValues, signer, clock, ids });
  const activities = new ActivityRegistry(stores.keyValues, stores.inbox, clock);
  const workItems = new WorkItemRegistry(stores.keyValues);
  const allocator = new ResourceAllocator({
    store: stores.keyValues,
    participants: new Participants(stores.keyValues),
    queues: workItems,
    ids,
  });
  const { redelivery = localQueuePolicy } = options;
  const queue = measuredQueue(clock, telemetry, redelivery);
  const deadLetters = new DeadLetters({ store: stores.keyValues, queue, clock });
  telemetry.meter?.gauge('knhk_dead_letters', {}, () => deadLetters.count);
  const timers = new MemoryTimerService(clock, queue);
  const children = new ChildExecutions(() => engine, states, { run: true });
  const routes = new Map<string, TaskInvoker>([
    ['lambda', options.functions],
    ['lambda:invoke', options.functions],
    ['states:startExecution', hasTenants ? childrenOfTenant(children) : children],
    ...(options.services ?? []),
  ]);
  const policy = {
    ...defaultPolicy,
    owner: `local:${randomUUID()}`,
    exclusive: true,
    startForMs: Number.POSITIVE_INFINITY,
  };
  const configured = options.breakers ?? new Map<string, BreakerPolicy>();
  const breakers = new CircuitBreakers({
    store: stores.keyValues,
    clock,
    ids,
    telemetry,
    configured,
    freshForMs: 0,
  });
  const rates = openRates({
    store: stores.keyValues,
    clock,
    ids,
    telemetry,
    configured: options.rateLimits ?? new Map(),
    isShared: false,
    // Nobody else changes them.
    freshForMs: Number.POSITIVE_INFINITY,
  });
  /** Asked in this order before each call of a task: what others hold back must not use up a breaker's probe. */
  const gates: readonly TaskGate[] = [rates.gate, breakers];
  const pools = new ResourcePools({
    store: stores.keyValues,
    clock,
    ids,
    telemetry,
    ...(options.pools === undefined ? {} : { defaults: options.pools }),
    isAlone: true,
    wake: (execution) => engine.wake(execution),
    isWanted: (holder, pool, since) => isPermitWanted({ states, clock }, holder, pool, since),
  });
  const pipeline = new ExecutionPipeline(options.stages ?? [], clock);
  const invoker = new GatedTasks(pipeline.around(new TaskRouter(routes)), gates);
  const parts = {
    states,
    inbox: stores.inbox,
    queue,
    timers,
    pipeline,
    invoker,
    offers: hasTenants ? offersOfTenant(activities) : activities,
    workItems,
    allocator,
    pools,
    items: new ObjectItemStorage(options.buckets),
    clock,
    ids,
    telemetry,
    policy,
  };
  const engine: ExecutionEngine = new ExecutionEngine(parts, workflows, place);
  await deadLetters.look();
  queue.consume((message) => consumeTurn(message.execution, { engine, deadLetters, clock }), {
    concurrency: CONCURRENT_TURNS,
    maxDeliveries: deliveriesOf(redelivery),
    isFinal: (error) => error instanceof CorruptLog,
    gaveUp: ({ message, deliveries, error }) => deadLetters.gaveUp(message.execution, deliveries, error),
  });
  const recovered = options.takesUp === false ? 0 : await recover(stores, engine);
  const chores = [forgetting(stores, clock), sweeping(pools)];
  // Who does not take up executions is here for a moment only, too short for a period of the ledger.
  if (options.takesUp !== false) chores.push(sealing(ledger));
  const stops = chores.map((chore) => regularly(chore, clock, telemetry));
  return {
    engine,
    workflows,
    activities,
    workItems,
    allocator,
    deadLetters,
    states,
    stores,
    clock,
    ids,
    place,
    invoker,
    pools,
    breakers,
    rates,
    ledger,
    recovered,
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      const left = await engine.stop(GRACE_MS);
      if (left > 0)
        telemetry.log('warn', `Stopped while tasks of ${left} executions ran; they run again at the next start.`, {});
      timers.stop();
      const stopped = queue.stop();
      if (left === 0) await stopped;
      await events.logged();
      await stores.close();
    },
  };
}

function measuredQueue(clock: SystemClock, telemetry: Telemetry, redelivery: RetryPolicy): MemoryWorkQueue {
  const backoff = (deliveries: number) => retryDelay(redelivery, deliveries - 1, 1);
  const queue = new MemoryWorkQueue(clock, { telemetry, backoff });
  telemetry.meter?.gauge('knhk_queue_messages', { state: 'waiting' }, () => queue.waiting);
  telemetry.meter?.gauge('knhk_queue_messages', { state: 'delayed' }, () => queue.delayed);
  return queue;
}

/** Removes what nobody has to keep any more, a little at a time. */
function forgetting(stores: SqliteStores, clock: SystemClock): Chore {
  const work = async () => {
    const now = Math.floor(clock.now() / 1000);
    while ((await stores.forgetExpired(now, FORGET_AT_ONCE)) === FORGET_AT_ONCE);
  };
  const trouble = 'Expired logs could not be removed; tried again in an hour.';
  return { everyMs: FORGET_EVERY_MS, work, trouble };
}

/** Finds what a crash has left undone in resource pools. */
function sweeping(pools: ResourcePools): Chore {
  const trouble = 'Resource pools could not be looked through; tried again in a minute.';
  return { everyMs: SWEEP_EVERY_MS, work: () => pools.sweep(), trouble };
}

function sealing(ledger: Ledger): Chore {
  const trouble = 'What has closed could not be taken into the ledger; tried again in an hour.';
  return { everyMs: SEAL_EVERY_MS, work: () => ledger.seal(), trouble };
}

/** Has every open execution taken up: whatever the process before left undone follows from their state. */
async function recover(stores: SqliteStores, engine: ExecutionEngine): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await stores.index.list({
      status: 'RUNNING',
      limit: RECOVERY_PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const { execution } of page.items) await engine.takeUp(execution);
    count += page.items.length;
    after = page.next;
  } while (after !== undefined);
  return count;
}
