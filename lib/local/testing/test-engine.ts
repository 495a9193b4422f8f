import {
  type MemoryStores,
  MemoryTimerService,
  MemoryWorkQueue,
  memoryStores,
  SeededIds,
  SimulatedClock,
} from '../../adapters/memory/index.ts';
import { compileStored, load } from '../../execution/definitions.ts';
import { ExecutionEngine } from '../../execution/engine.ts';
import { ObjectItemStorage } from '../../execution/items/object-item-storage.ts';
import { defaultPolicy } from '../../execution/parts.ts';
import { ChildExecutions } from '../../execution/tasks/child.ts';
import { type Workflow, WorkflowRegistry } from '../../execution/workflows.ts';
import { workflowArn } from '../../model/arn.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json } from '../../model/json.ts';
import type { Plan } from '../../model/plan.ts';
import type { ItemStorage } from '../../ports/item-storage.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { TaskInvoker } from '../../ports/task-invoker.ts';
import { localPlace } from '../engine.ts';
import { withChoicesTold } from './choices.ts';
import { Coverage } from './coverage.ts';
import { TestError } from './errors.ts';
import { LoggedStates } from './logged-states.ts';
import type { Mocks } from './mock.ts';
import { MockBook } from './mock-book.ts';
import { MockTasks } from './mock-tasks.ts';
import { RealWork } from './real-work.ts';

/** An event that is sent to the execution under test. */
export interface TestEvent {
  readonly name: string;
  /** `{}` by default. */
  readonly payload?: Json;
  /** A repeated one changes nothing; by default each has its own. */
  readonly id?: string;
  /** Simulated seconds after the start; 0 by default. */
  readonly afterSeconds?: number;
}

export interface TestEngineOptions {
  readonly mocks: Mocks;
  /** Definitions as text, by name. */
  readonly workflows: ReadonlyMap<string, string>;
  /** ms since the epoch. */
  readonly startTime: number;
  readonly seed: number;
  readonly maxEvents: number;
  readonly patienceMs: number;
  /** What is sent to the execution under test. */
  readonly events: readonly TestEvent[];
  /** Buckets of maps. */
  readonly objects: ObjectStore;
  /** Carries out tasks without a mock; `undefined`: not those. */
  readonly fallback: (task: TaskAssignment) => TaskInvoker | undefined;
}

/** The engine on stores in memory, in simulated time, with mocks for its tasks: for one test. */
export class TestEngine {
  readonly states: LoggedStates;
  readonly clock: SimulatedClock;
  readonly coverage = new Coverage();
  readonly #stores: MemoryStores = memoryStores();
  readonly #engine: ExecutionEngine;
  readonly #realWork: RealWork;
  readonly #book: MockBook;
  readonly #workflows: WorkflowRegistry;
  readonly #options: TestEngineOptions;
  readonly #registered = new Map<string, Workflow>();
  #fault: { readonly error: unknown } | undefined;

  constructor(options: TestEngineOptions) {
    const stores = this.#stores;
    this.#options = options;
    this.clock = new SimulatedClock(options.startTime);
    this.#realWork = new RealWork(options.patienceMs);
    const fail = (error: unknown) => this.#fail(error);
    const planOf = (workflow: Pick<Workflow, 'id' | 'revision'>) => this.#workflows.plan(workflow);
    const ids = new SeededIds(options.seed);
    this.states = new LoggedStates({ store: stores.events, planOf, ids, exclusive: true }, options.maxEvents, fail);
    this.#workflows = new WorkflowRegistry(stores.keyValues, (definition) => this.#compile(definition));
    this.#book = new MockBook(options.mocks);
    const queue = new MemoryWorkQueue(this.clock);
    const tasks = new MockTasks({
      book: this.#book,
      clock: this.clock,
      realWork: this.#realWork,
      tell: (execution, command) => this.#engine.deliver(execution, command),
      fallback: this.#fallbackOf(),
      fail,
    });
    this.#engine = new ExecutionEngine(
      {
        states: this.states,
        inbox: stores.inbox,
        queue,
        timers: new MemoryTimerService(this.clock, queue),
        invoker: tasks,
        offers: tasks,
        workItems: tasks,
        items: counted(new ObjectItemStorage(options.objects), this.#realWork),
        clock: this.clock,
        ids: new SeededIds(options.seed),
        telemetry: { log: (level, message, fields) => this.#logged(level, message, fields) },
        policy: { ...defaultPolicy, owner: 'test', exclusive: true, startForMs: Number.POSITIVE_INFINITY },
      },
      this.#workflows,
      localPlace,
    );
    queue.consume((message) => this.#engine.turn(message.execution), { concurrency: 1_000, maxDeliveries: 1 });
  }

  /**
   * Runs an execution, and whatever it starts, until all of them have ended or nothing can happen any more.
   * @returns its ARN.
   * @throws TestError
   */
  async run(workflow: string, input: Json, name: string, type: Workflow['type']): Promise<string> {
    for (const [registered, definition] of this.#options.workflows) await this.#register(registered, definition, type);
    this.#book.verify(this.coverage.states);
    const found = this.#registered.get(workflow);
    if (found === undefined) throw new TestError('Knhk.EngineFault', `There is no workflow ${workflow}.`);
    const plan = await this.#workflows.plan(found);
    let execution = '';
    // Not awaited: the first commit of an endless workflow may be its last.
    this.#engine.start({ workflow: found, input, name }, { run: true }).then(
      (started) => {
        if (started.kind === 'refused') return this.#fail(new TestError('Knhk.InputInvalid', started.message));
        execution = started.execution;
        this.#sendEvents(execution, plan);
      },
      (error: unknown) => this.#fail(error),
    );
    try {
      await this.#letTimePass();
    } finally {
      this.states.halt();
    }
    return execution;
  }

  #sendEvents(execution: string, { events: known = new Map() }: Plan): void {
    for (const [
      at,
      { name, payload = {}, id = `event-${at + 1}`, afterSeconds = 0 },
    ] of this.#options.events.entries()) {
      if (!known.has(name)) {
        const names = [...known.keys()].map((one) => `'${one}'`).join(', ');
        const message = `events[${at}] is '${name}', and the states wait for ${names === '' ? 'no event' : names}.`;
        return this.#fail(new TestError('Knhk.EventUnknown', message));
      }
      this.clock.after(afterSeconds * 1000, () => {
        this.#engine.deliver(execution, { type: 'SendEvent', id, name, payload }).catch((error) => this.#fail(error));
      });
    }
  }

  async #letTimePass(): Promise<void> {
    for (;;) {
      await this.#realWork.settle(() => this.#fault !== undefined);
      if (this.#fault !== undefined) throw this.#fault.error;
      const next = this.clock.nextAt;
      if (next === undefined || this.states.running.size === 0) return;
      this.clock.advanceTo(next);
    }
  }

  async #register(name: string, definition: string, type: Workflow['type']): Promise<void> {
    const errors = load(definition).findings.filter(({ severity }) => severity === 'ERROR');
    if (errors.length > 0) {
      const reasons = errors.map(
        ({ code, pointer, message }) => `${code}${pointer === '' ? '' : ` at ${pointer}`}: ${message}`,
      );
      throw new TestError('Knhk.DefinitionInvalid', `The definition of '${name}' is refused. ${reasons.join(' ')}`);
    }
    const now = this.clock.now();
    const workflow: Workflow = {
      id: workflowArn(localPlace, name),
      name,
      type,
      roleArn: `arn:aws:iam::${localPlace.account}:role/test`,
      createdAt: now,
      revision: '1',
      revisedAt: now,
      settings: {},
    };
    await this.#workflows.create(workflow, definition);
    this.#registered.set(name, workflow);
    this.coverage.expect(name, await this.#workflows.plan(workflow), definition);
  }

  #compile(definition: string): Plan {
    const [name = ''] = [...this.#options.workflows].find(([, text]) => text === definition) ?? [];
    const plan = compileStored(definition);
    return withChoicesTold(definition, plan, (scope, state, rule) => this.coverage.chose(name, scope, state, rule));
  }

  /** Children whose definition is there run themselves. */
  #fallbackOf(): TestEngineOptions['fallback'] {
    const children = new ChildExecutions(() => this.#engine, this.states, { run: true });
    return (task) => {
      const { resource, input } = task;
      const startsChild = resource.kind === 'service' && `${resource.service}:${resource.action}` === START_EXECUTION;
      if (!startsChild) return this.#options.fallback(task);
      const arn = isJsonObject(input) ? input['StateMachineArn'] : undefined;
      const name = typeof arn === 'string' ? (arn.split(':stateMachine:')[1]?.split(':')[0] ?? arn) : '';
      return this.#options.workflows.has(name) ? children : this.#options.fallback(task);
    };
  }

  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.states.halt();
  }

  /** In memory nothing fails but the engine itself. */
  #logged(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (level !== 'error' && level !== 'warn') return;
    const cause = fields['error'];
    const why = cause instanceof Error ? `${message} ${cause.message}` : message;
    this.#fail(new TestError('Knhk.EngineFault', why, { cause }));
  }
}

const START_EXECUTION = 'states:startExecution';

/** Reading and writing takes real time. */
function counted(items: ItemStorage, realWork: RealWork): ItemStorage {
  const during = async <T>(work: Promise<T>): Promise<T> => {
    const done = realWork.begin('items of a Map');
    try {
      return await work;
    } finally {
      done();
    }
  };
  return {
    readItems: (source, signal) => during(items.readItems(source, signal)),
    writeResults: (target, results) => during(items.writeResults(target, results)),
  };
}
