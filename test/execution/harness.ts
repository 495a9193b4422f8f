import {
  MemoryObjectStore,
  type MemoryStores,
  MemoryTimerService,
  MemoryWorkQueue,
  memoryStores,
  SeededIds,
  SimulatedClock,
} from '../../lib/adapters/memory/index.ts';
import { ActivityRegistry } from '../../lib/execution/activities.ts';
import { compileStored } from '../../lib/execution/definitions.ts';
import { ExecutionEngine } from '../../lib/execution/engine.ts';
import { GatedTasks, type TaskGate } from '../../lib/execution/gates.ts';
import { ObjectItemStorage } from '../../lib/execution/items/object-item-storage.ts';
import { ExecutionPipeline } from '../../lib/execution/pipeline/pipeline.ts';
import type { PipelineStage } from '../../lib/execution/pipeline/stage.ts';
import { ChildExecutions } from '../../lib/execution/tasks/child.ts';
import { TaskRouter } from '../../lib/execution/tasks/router.ts';
import { WorkItemRegistry } from '../../lib/execution/work-items.ts';
import { type Workflow, WorkflowRegistry } from '../../lib/execution/workflows.ts';
import { HandlerTasks } from '../../lib/local/handler-tasks.ts';
import { fixedHandlers, type Handler } from '../../lib/local/handlers.ts';
import { workflowArn } from '../../lib/model/arn.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import type { Json } from '../../lib/model/json.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import type { EventStore } from '../../lib/ports/event-store.ts';
import type { TaskInvoker } from '../../lib/ports/task-invoker.ts';
import { Participants } from '../../lib/resources/allocation/participants.ts';
import { ResourceAllocator } from '../../lib/resources/allocation/resource-allocator.ts';
import { StateManager } from '../../lib/state/state-manager.ts';

const place = { partition: 'aws', region: 'eu-central-1', account: '123456789012' };

export interface WorldOptions {
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Wraps the log, to count or to fail. */
  readonly log?: (events: EventStore) => EventStore;
  readonly exclusive?: boolean;
  readonly startForMs?: number;
  /** Carries out tasks of services that are neither Lambda nor Step Functions. */
  readonly services?: TaskInvoker;
  /** What stands before the calls of tasks; made once for each process. */
  readonly gates?: (world: World) => readonly TaskGate[];
  /** Of the pipeline. */
  readonly stages?: readonly PipelineStage[];
}

/** A store, a clock and a queue, on which engines can be started and killed. */
export class World {
  readonly clock = new SimulatedClock();
  readonly stores: MemoryStores = memoryStores();
  readonly log: EventStore;
  readonly logged: string[] = [];
  readonly #options: WorldOptions;
  #engines = 0;

  get services(): TaskInvoker | undefined {
    return this.#options.services;
  }

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.log = options.log?.(this.stores.events) ?? this.stores.events;
  }

  /** One more process on the same store. */
  process(handlers: Readonly<Record<string, Handler>> = this.#options.handlers ?? {}): TestProcess {
    this.#engines += 1;
    return new TestProcess(this, `process-${this.#engines}`, handlers, this.#options);
  }

  /** Something that a handler returns after `ms`. */
  later<T>(ms: number, value: T): Promise<T> {
    return new Promise((resolve) => {
      this.clock.after(ms, () => resolve(value));
    });
  }

  async register(name: string, definition: Json): Promise<Workflow> {
    const id = workflowArn(place, name);
    const now = this.clock.now();
    const workflow: Workflow = {
      id,
      name,
      type: 'STANDARD',
      roleArn: 'arn:aws:iam::123456789012:role/r',
      createdAt: now,
      revision: '1',
      revisedAt: now,
      settings: {},
    };
    await new WorkflowRegistry(this.stores.keyValues, compileStored).create(workflow, JSON.stringify(definition));
    return workflow;
  }
}

/** An engine with its own cache, queue and timers, as a process has them. */
export class TestProcess {
  readonly engine: ExecutionEngine;
  readonly activities: ActivityRegistry;
  readonly workItems: WorkItemRegistry;
  readonly allocator: ResourceAllocator;
  readonly states: StateManager;
  readonly queue: MemoryWorkQueue;
  readonly timers: MemoryTimerService;
  /** Executions whose messages were given up. */
  readonly gaveUp: string[] = [];
  readonly #world: World;

  constructor(world: World, owner: string, handlers: Readonly<Record<string, Handler>>, options: WorldOptions) {
    const { clock, stores } = world;
    const exclusive = options.exclusive ?? true;
    this.#world = world;
    const workflows = new WorkflowRegistry(stores.keyValues, compileStored);
    this.states = new StateManager({
      store: world.log,
      planOf: (workflow) => workflows.plan(workflow),
      ids: new SeededIds(5),
      exclusive,
    });
    this.activities = new ActivityRegistry(stores.keyValues, stores.inbox, clock);
    this.workItems = new WorkItemRegistry(stores.keyValues);
    this.queue = new MemoryWorkQueue(clock);
    this.timers = new MemoryTimerService(clock, this.queue);
    const functions = new HandlerTasks(fixedHandlers(handlers));
    const routes = new Map<string, TaskInvoker>([
      ['lambda', functions],
      ['lambda:invoke', functions],
      ['states:startExecution', new ChildExecutions(() => this.engine, this.states, { run: true })],
      ...(options.services === undefined ? [] : [['service', options.services] as const]),
    ]);
    this.allocator = new ResourceAllocator({
      store: stores.keyValues,
      participants: new Participants(stores.keyValues),
      queues: this.workItems,
      ids: new SeededIds(7),
    });
    const pipeline = new ExecutionPipeline(options.stages ?? [], clock);
    this.engine = new ExecutionEngine(
      {
        states: this.states,
        inbox: stores.inbox,
        queue: this.queue,
        timers: this.timers,
        pipeline,
        invoker: new GatedTasks(pipeline.around(new TaskRouter(routes)), options.gates?.(world) ?? []),
        // Activities need not be registered.
        offers: {
          offer: (task) => this.activities.offer(task),
          withdraw: (task) => this.activities.withdraw(task),
        },
        workItems: this.workItems,
        allocator: this.allocator,
        items: new ObjectItemStorage(new MemoryObjectStore()),
        clock,
        ids: new SeededIds(owner.length + owner.charCodeAt(owner.length - 1)),
        telemetry: { log: (level, message) => void world.logged.push(`${level} ${message}`) },
        policy: { owner, exclusive, leaseMs: 60_000, startForMs: options.startForMs ?? Number.POSITIVE_INFINITY },
      },
      workflows,
      place,
    );
    this.queue.consume((message) => this.engine.turn(message.execution), {
      concurrency: 100,
      maxDeliveries: 5,
      gaveUp: async ({ message }) => void this.gaveUp.push(message.execution),
    });
  }

  async start(workflow: Workflow, input: Json, name?: string): Promise<string> {
    const outcome = await this.engine.start(
      { workflow, input, ...(name === undefined ? {} : { name }) },
      { run: true },
    );
    return outcome.execution;
  }

  /** What a process does first: a turn for every open execution. */
  async recover(): Promise<void> {
    const { items } = await this.#world.stores.index.list({ status: 'RUNNING', limit: 1_000 });
    for (const { execution } of items) await this.engine.takeUp(execution);
  }

  /** Lets time pass until nothing is scheduled, or until `ms` from now. */
  async run(ms?: number): Promise<void> {
    await this.#world.clock.run(ms === undefined ? {} : { until: this.#world.clock.now() + ms });
  }

  async state(execution: string): Promise<ExecutionState> {
    const live = await this.states.load(execution);
    if (live === undefined) throw new Error(`There is no execution ${execution}.`);
    return live.state;
  }

  async events(execution: string): Promise<readonly ExecutionEvent[]> {
    const commits = await this.states.events(execution);
    return commits.flatMap(({ events }) => events);
  }
}

export function task(functionName: string, fields: Readonly<Record<string, Json>> = { End: true }): Json {
  return { Type: 'Task', Resource: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`, ...fields };
}

/** A chain of `count` tasks of one function. */
export function chain(functionName: string, count: number, fields: Readonly<Record<string, Json>> = {}): Json {
  const states = Array.from({ length: count }, (_, index): [string, Json] => {
    const end: Record<string, Json> = index === count - 1 ? { End: true } : { Next: `S${index + 1}` };
    return [`S${index}`, task(functionName, { ...end, ...fields })];
  });
  return { StartAt: 'S0', States: Object.fromEntries(states) };
}
