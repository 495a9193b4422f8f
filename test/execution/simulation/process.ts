import {
  MemoryObjectStore,
  MemoryTimerService,
  MemoryWorkQueue,
  SeededIds,
} from '../../../lib/adapters/memory/index.ts';
import { ActivityRegistry } from '../../../lib/execution/activities.ts';
import { CircuitBreakers } from '../../../lib/execution/breakers/circuit-breakers.ts';
import { ExecutionEngine } from '../../../lib/execution/engine.ts';
import { GatedTasks } from '../../../lib/execution/gates.ts';
import { ObjectItemStorage } from '../../../lib/execution/items/object-item-storage.ts';
import { isPermitWanted } from '../../../lib/execution/permits.ts';
import { openRates } from '../../../lib/execution/rates/rates.ts';
import { ChildExecutions } from '../../../lib/execution/tasks/child.ts';
import { TaskRouter } from '../../../lib/execution/tasks/router.ts';
import { WorkItemRegistry } from '../../../lib/execution/work-items.ts';
import { WorkflowRegistry } from '../../../lib/execution/workflows.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { EventStore, Inbox } from '../../../lib/ports/event-store.ts';
import type { ExecutionIndex } from '../../../lib/ports/execution-index.ts';
import type { KeyValueStore } from '../../../lib/ports/key-value-store.ts';
import type { TaskInvoker } from '../../../lib/ports/task-invoker.ts';
import type { WorkQueue } from '../../../lib/ports/work-queue.ts';
import { Ledger } from '../../../lib/provenance/ledger.ts';
import { DEFAULT_BREAKER_POLICY } from '../../../lib/resilience/breaker-policy.ts';
import { ResourcePools } from '../../../lib/resources/pools/resource-pools.ts';
import { type LiveExecution, StateManager, type StateManagerOptions } from '../../../lib/state/state-manager.ts';
import type { CloudQueue } from './cloud-queue.ts';
import type { Dice } from './dice.ts';
import { simulatedSigner } from './ledger-witness.ts';
import type { SimulationOptions } from './options.ts';
import { CHILD, FUNCTION } from './random-state.ts';
import type { Life } from './unreliable.ts';

export const place = { partition: 'aws', region: 'eu-central-1', account: '123456789012' };
const LEASE_MS = 60_000;

/** Of resource pools. */
export const LIMITS: ReadonlyMap<string, number> = new Map([
  ['gpu', 1],
  ['cpu', 2],
  [`resource:${FUNCTION}`, 2],
  [`workflow:${CHILD}`, 2],
]);

/** Of calls of the function, per second. */
export const RATE = { rate: 0.5, burst: 3 };

const BREAKER = { ...DEFAULT_BREAKER_POLICY, minimumCalls: 3, windowSeconds: 60, openSeconds: 20, probeSeconds: 30 };

/** What a process finds when it starts. */
export interface Surroundings {
  readonly options: SimulationOptions;
  readonly name: string;
  readonly life: Life;
  readonly dice: Dice;
  readonly events: EventStore;
  readonly inbox: Inbox;
  readonly index: ExecutionIndex;
  readonly keyValues: KeyValueStore;
  readonly compile: (source: string) => Plan;
  /** Between processes. */
  readonly queue: CloudQueue;
  readonly functions: TaskInvoker;
  readonly jobs: TaskInvoker;
  /** A commit has been written. */
  readonly wrote: (live: LiveExecution) => void;
  /** A task has been put where workers look for it. */
  readonly offered: (task: TaskAssignment) => void;
}

export interface Process {
  readonly name: string;
  readonly life: Life;
  readonly engine: ExecutionEngine;
  readonly activities: ActivityRegistry;
  readonly states: StateManager;
  readonly pools: ResourcePools;
  readonly ledger: Ledger;
  readonly index: ExecutionIndex;
  readonly keyValues: KeyValueStore;
  /** Its own. */
  readonly ownQueue: MemoryWorkQueue | undefined;
  readonly queue: WorkQueue;
}

class WatchedStates extends StateManager {
  readonly #wrote: (live: LiveExecution) => void;

  constructor(wrote: (live: LiveExecution) => void, options: StateManagerOptions) {
    super(options);
    this.#wrote = wrote;
  }

  override async commit(...[live, events, lease]: Parameters<StateManager['commit']>) {
    const outcome = await super.commit(live, events, lease);
    if (outcome === 'appended') this.#wrote(live);
    return outcome;
  }
}

/** An engine as the composition roots wire it, in a world that is not to be relied upon. */
export function startProcess(around: Surroundings): Process {
  const { options, name, life, dice, offered } = around;
  const { clock } = life;
  const exclusive = options.shared === 0;
  const keyValues = life.port(around.keyValues);
  const inbox = life.port(around.inbox);
  const workflows = new WorkflowRegistry(keyValues, around.compile);
  const ids = () => new SeededIds(dice.below(2 ** 31));
  const telemetry = { log: () => {} };
  const states = new WatchedStates(around.wrote, {
    store: life.port(around.events),
    planOf: (workflow) => workflows.plan(workflow),
    ids: ids(),
    exclusive,
    cache: { size: options.cache },
  });
  const activities = new ActivityRegistry(keyValues, inbox, clock);
  const workItems = new WorkItemRegistry(keyValues);
  const ownQueue = exclusive ? new MemoryWorkQueue(clock, { backoff: () => 200 }) : undefined;
  const cloud: WorkQueue = life.port(around.queue);
  const pools = new ResourcePools({
    store: keyValues,
    clock,
    ids: ids(),
    telemetry,
    defaults: options.pools === 1 ? LIMITS : new Map<string, number>(),
    isAlone: exclusive,
    wake: (execution) => engine.wake(execution),
    isWanted: (holder, pool, since) => isPermitWanted({ states, clock }, holder, pool, since),
  });
  const routes = new Map<string, TaskInvoker>([
    ['lambda', around.functions],
    ['lambda:invoke', around.functions],
    ['service', life.port(around.jobs)],
    ['states:startExecution', new ChildExecutions(() => engine, states, { run: exclusive })],
  ]);
  const engine: ExecutionEngine = new ExecutionEngine(
    {
      states,
      inbox,
      queue: ownQueue ?? cloud,
      timers: ownQueue === undefined ? life.port(around.queue.timers(clock)) : new MemoryTimerService(clock, ownQueue),
      invoker: gated(new TaskRouter(routes), { ...around, keyValues }),
      offers: {
        offer: (task) => activities.offer(task).then(() => offered(task)),
        withdraw: (task) => activities.withdraw(task),
      },
      workItems: {
        offer: (task) => workItems.offer(task).then(() => offered(task)),
        withdraw: (task) => workItems.withdraw(task),
      },
      pools,
      items: new ObjectItemStorage(new MemoryObjectStore()),
      clock,
      ids: ids(),
      telemetry,
      policy: {
        owner: name,
        exclusive,
        leaseMs: LEASE_MS,
        startForMs: exclusive ? Number.POSITIVE_INFINITY : 100_000,
      },
    },
    workflows,
    place,
  );
  const index = life.port(around.index);
  const ledger = new Ledger({ store: keyValues, signer: life.port(simulatedSigner), clock, ids: ids() });
  return {
    name,
    life,
    engine,
    activities,
    states,
    pools,
    ledger,
    index,
    keyValues,
    ownQueue,
    queue: ownQueue ?? cloud,
  };
}

/** Behind a rate limit and a circuit breaker, where the options say so. */
function gated(router: TaskInvoker, { options, life, dice, keyValues }: Surroundings): TaskInvoker {
  if (options.gates === 0) return router;
  const parts = {
    store: keyValues,
    clock: life.clock,
    ids: new SeededIds(dice.below(2 ** 31)),
    telemetry: { log: () => {} },
    freshForMs: options.shared === 1 ? 3_000 : 0,
  };
  const whenOpen = options.seed % 2 === 0 ? 'park' : 'fail';
  const breakers = new CircuitBreakers({ ...parts, configured: new Map([['*', { ...BREAKER, whenOpen }]]) });
  const configured = new Map([[`target:${FUNCTION}`, RATE]]);
  const rates = openRates({ ...parts, configured, isShared: options.shared === 1 });
  return new GatedTasks(router, [rates.gate, breakers]);
}
