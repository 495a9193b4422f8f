import {
  MemoryObjectStore,
  MemoryTimerService,
  MemoryWorkQueue,
  memoryStores,
  SeededIds,
  SimulatedClock,
} from '../../../lib/adapters/memory/index.ts';
import { ActivityRegistry, type OfferedTask, type TakenTask } from '../../../lib/execution/activities.ts';
import { compileStored } from '../../../lib/execution/definitions.ts';
import { ExecutionEngine } from '../../../lib/execution/engine.ts';
import { ObjectItemStorage } from '../../../lib/execution/items/object-item-storage.ts';
import { isPermitWanted } from '../../../lib/execution/permits.ts';
import { sweepStarts } from '../../../lib/execution/sweep.ts';
import { ChildExecutions } from '../../../lib/execution/tasks/child.ts';
import { TaskRouter } from '../../../lib/execution/tasks/router.ts';
import { WorkItemRegistry } from '../../../lib/execution/work-items.ts';
import { type Workflow, WorkflowRegistry } from '../../../lib/execution/workflows.ts';
import { definingWorkflow, workflowArn } from '../../../lib/model/arn.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/model/json.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import { readTaskToken } from '../../../lib/model/task-token.ts';
import type { TaskInvoker, TaskOutcome } from '../../../lib/ports/task-invoker.ts';
import { ResourcePools } from '../../../lib/resources/pools/resource-pools.ts';
import { StateManager } from '../../../lib/state/state-manager.ts';
import { CloudQueue } from './cloud-queue.ts';
import { Dice } from './dice.ts';
import { Jobs } from './jobs.ts';
import { ACTIVITY, CHILD } from './random-workflow.ts';
import { type Faults, Life, noFaults } from './unreliable.ts';
import { Witness } from './witness.ts';

const place = { partition: 'aws', region: 'eu-central-1', account: '123456789012' };
const LEASE_MS = 60_000;
/** Of resource pools. */
export const LIMITS: ReadonlyMap<string, number> = new Map([
  ['gpu', 1],
  ['cpu', 3],
  ['resource:arn:aws:lambda:eu-central-1:123456789012:function:work', 2],
  [`workflow:${CHILD}`, 2],
]);

export interface SimulationOptions {
  readonly seed: number;
  /** One process with a queue of its own, restarted when it has died; otherwise three, with a queue between them. */
  readonly exclusive: boolean;
  readonly faults: Faults;
  /** How often messages come twice or late. */
  readonly disorder: number;
}

interface Process {
  readonly name: string;
  readonly life: Life;
  readonly engine: ExecutionEngine;
  readonly activities: ActivityRegistry;
  readonly states: StateManager;
  readonly pools: ResourcePools;
  readonly queue: MemoryWorkQueue | undefined;
}

/** Everything around the engines: stores that outlive them, clients, workers, functions; and the faults. */
export class SimulatedWorld {
  readonly clock = new SimulatedClock();
  readonly stores = memoryStores();
  readonly dice: Dice;
  readonly witness: Witness;
  readonly #jobs: Jobs;
  readonly #plans = new Map<string, Plan>();
  readonly #options: SimulationOptions;
  readonly #cloud: CloudQueue;
  #faults: Faults;
  #processes: Process[] = [];
  #started = 0;
  #calls = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#faults = options.faults;
    this.dice = new Dice(options.seed);
    this.#jobs = new Jobs(this.clock, this.dice);
    this.witness = new Witness(this.#plans, LIMITS, () => this.clock.now());
    this.#cloud = new CloudQueue(this.clock, this.dice, (message) => this.#deliver(message.execution));
    this.#cloud.disorder = options.disorder;
    for (let i = options.exclusive ? 1 : 3; i > 0; i -= 1) this.#startProcess();
    this.#sweepRegularly();
  }

  async register(name: string, definition: JsonObject): Promise<Workflow> {
    const now = this.clock.now();
    const workflow: Workflow = {
      id: workflowArn(place, name),
      name,
      type: 'STANDARD',
      roleArn: 'arn:aws:iam::123456789012:role/r',
      createdAt: now,
      revision: '1',
      revisedAt: now,
      settings: {},
    };
    const source = JSON.stringify(definition);
    this.#plans.set(name, compileStored(source));
    await new WorkflowRegistry(this.stores.keyValues, compileStored).create(workflow, source);
    return workflow;
  }

  /** A client's start, tried again until it is answered. */
  start(workflow: Workflow, name: string, input: Json): Promise<unknown> {
    const { exclusive } = this.#options;
    return this.#insist(({ engine }) => engine.start({ workflow, name, input }, { run: exclusive }));
  }

  stop(execution: string): Promise<unknown> {
    return this.#insist(({ engine }) => engine.deliver(execution, { type: 'StopExecution', error: 'Stopped' }));
  }

  /** A client's redrive, whether the execution can be redriven or not. */
  redrive(execution: string, clientToken: string): Promise<unknown> {
    return this.#insist(({ engine }) => engine.redrive({ execution, clientToken }));
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#faults = noFaults;
    this.#cloud.disorder = 0;
  }

  /** Lets time pass until everything has closed, at most so long. */
  async run(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end) {
      await this.clock.run({ until: this.clock.now() + 600_000 });
      const open = this.witness.executions.some((execution) => this.witness.stateOf(execution)?.status === 'RUNNING');
      if (!open) return;
    }
  }

  async close(): Promise<readonly string[]> {
    const states = new StateManager({
      store: this.stores.events,
      planOf: async ({ name }) =>
        this.#plans.get(definingWorkflow(name)) ?? Promise.reject(new Error(`There is no workflow ${name}.`)),
      ids: new SeededIds(0),
      exclusive: false,
    });
    await this.witness.close(states);
    const forgotten = this.witness.jobsGivenUp.filter((job) => !this.#jobs.wasStopped(job));
    return [...this.witness.violations, ...forgotten.map((job) => `The job ${job} was given up and runs on.`)];
  }

  #startProcess(): void {
    this.#started += 1;
    const name = `process-${this.#started}`;
    const { exclusive } = this.#options;
    const life = new Life(this.clock, this.dice, () => this.#faults);
    const { clock } = life;
    const keyValues = life.port(this.stores.keyValues);
    const inbox = life.port(this.witness.inbox(this.stores.inbox));
    const workflows = new WorkflowRegistry(keyValues, compileStored);
    const states = new StateManager({
      store: life.port(this.witness.log(this.stores.events)),
      planOf: (workflow) => workflows.plan(workflow),
      ids: new SeededIds(this.#options.seed + this.#started),
      exclusive,
    });
    const offers = new ActivityRegistry(keyValues, inbox, clock);
    const ownQueue = new MemoryWorkQueue(clock, { backoff: () => 200 });
    const functions = this.#functions(name, life);
    const routes = new Map<string, TaskInvoker>([
      ['lambda', functions],
      ['lambda:invoke', functions],
      ['service', life.port(this.#jobs)],
      ['states:startExecution', new ChildExecutions(() => engine, states, { run: exclusive })],
    ]);
    const pools = new ResourcePools({
      store: keyValues,
      clock,
      ids: new SeededIds(this.dice.below(2 ** 31)),
      telemetry: { log: () => {} },
      defaults: LIMITS,
      isAlone: exclusive,
      wake: (execution) => engine.wake(execution),
      isWanted: (holder, pool, since) => isPermitWanted({ states, clock }, holder, pool, since),
    });
    const engine: ExecutionEngine = new ExecutionEngine(
      {
        states,
        inbox,
        queue: exclusive ? ownQueue : life.port(this.#cloud),
        timers: exclusive ? new MemoryTimerService(clock, ownQueue) : life.port(this.#cloud),
        invoker: new TaskRouter(routes),
        offers: {
          offer: async (task) => {
            await offers.offer(task);
            this.#workerComes();
          },
          withdraw: (task) => offers.withdraw(task),
        },
        workItems: new WorkItemRegistry(memoryStores().keyValues),
        pools,
        items: new ObjectItemStorage(new MemoryObjectStore()),
        clock,
        ids: new SeededIds(this.dice.below(2 ** 31)),
        telemetry: { log: () => {} },
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
    const process = { name, life, engine, activities: offers, states, pools, queue: exclusive ? ownQueue : undefined };
    this.#processes.push(process);
    void life.died.then(() => this.#died(process));
    if (exclusive) void this.#recover(process);
  }

  #died(process: Process): void {
    this.#processes = this.#processes.filter((other) => other !== process);
    this.clock.after(this.dice.below(20_000), () => this.#startProcess());
  }

  /** As openLocalEngine does it. */
  async #recover({ engine, queue }: Process): Promise<void> {
    queue?.consume((message) => engine.turn(message.execution), { concurrency: 100, maxDeliveries: 1_000_000 });
    const { items } = await this.stores.index.list({ status: 'RUNNING', limit: 1_000 });
    for (const { execution } of items) await engine.takeUp(execution).catch(() => {});
  }

  async #deliver(execution: string): Promise<'done' | 'died'> {
    if (this.#processes.length === 0) return 'died';
    const { engine, life } = this.dice.pick(this.#processes);
    const turned = engine.turn(execution).then(() => 'done' as const);
    return Promise.race([turned, life.died.then(() => 'died' as const)]);
  }

  #sweepRegularly(): void {
    const sweep = async () => {
      this.clock.after(60_000, () => void sweep());
      const [process] = this.#processes;
      if (process === undefined) return;
      await process.pools.sweep().catch(() => {});
      if (this.#options.exclusive) return;
      const { keyValues: store, index } = this.stores;
      await sweepStarts({ index, states: process.states, queue: this.#cloud, store, clock: this.clock }).catch(
        () => {},
      );
    };
    this.clock.after(60_000, () => void sweep());
  }

  /** What a client does: asks some process, and another one if there is no answer. */
  async #insist<T>(request: (process: Process) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#processes.length > 0) {
        const process = this.dice.pick(this.#processes);
        const answer = request(process).then(
          (value) => ({ value }),
          () => undefined,
        );
        const settled = await Promise.race([answer, process.life.died]);
        if (settled !== undefined) return settled.value;
      }
      await this.#time(1_000);
    }
  }

  #functions(process: string, life: Life): TaskInvoker {
    return {
      invoke: async (task, signal) => {
        if (!life.isAlive) return new Promise<never>(() => {});
        this.#calls += 1;
        const call = this.#calls;
        const ended = this.witness.called(task, call, process, this.#options.exclusive);
        const outcome = this.#outcome(task, call);
        const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        await Promise.race([this.#work(life), aborted]);
        ended();
        signal.throwIfAborted();
        return outcome;
      },
    };
  }

  #outcome(task: TaskAssignment, call: number): TaskOutcome {
    if (this.dice.chance(0.15)) return { kind: 'failed', reason: 'failed', error: 'Error', cause: `call ${call}` };
    const token = isJsonObject(task.input) && isJsonObject(task.input['Payload']) ? task.input['Payload']['token'] : '';
    if (typeof token !== 'string' || token === '') return { kind: 'succeeded', output: { call } };
    void this.#answer(token);
    return { kind: 'submitted', output: { call } };
  }

  #work({ clock }: Life): Promise<void> {
    const ms = this.dice.pick([0, 0, 10, 10, 1_000, 5_000, 40_000, 130_000]);
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      clock.after(this.dice.below(ms), resolve);
    });
  }

  /** Somebody answers a token, after some heartbeats, or not at all. */
  async #answer(token: string): Promise<void> {
    const claim = readTaskToken(token);
    if (claim === undefined) throw new Error(`No token: ${token}`);
    const { execution, activation, attempt } = claim;
    const about = { activation, attempt };
    for (let beats = this.dice.below(4); beats > 0; beats -= 1) {
      await this.#time(this.dice.below(30_000));
      await this.#insist(({ engine }) => engine.deliver(execution, { type: 'TaskHeartbeat', ...about }));
    }
    await this.#time(this.dice.below(60_000));
    if (this.dice.chance(0.15)) return;
    const output = { answered: token };
    const command = this.dice.chance(0.2)
      ? ({ type: 'TaskFailed', ...about, reason: 'failed', error: 'Error' } as const)
      : ({ type: 'TaskSucceeded', ...about, output } as const);
    // As the API does it: only what is open is answered.
    const work = this.witness.stateOf(execution)?.activations.get(activation)?.work;
    if (work?.kind !== 'task' || work.token !== token) return;
    await this.#insist(({ engine }) => engine.deliver(execution, command));
  }

  #workerComes(): void {
    this.clock.after(this.dice.below(3_000), () => void this.#takeActivity());
  }

  async #takeActivity(): Promise<void> {
    if (this.#processes.length === 0) return this.#workerComes();
    const process = this.dice.pick(this.#processes);
    const taken = process.activities.take(ACTIVITY, 'anna', 0, {
      standing: async (offer) => ((await this.#isWaiting(process, offer)) ? 'waits' : 'gone'),
      start: async () => 'refused',
    });
    const answer = await Promise.race([taken, process.life.died.then(() => 'died' as const)]).catch(
      () => 'died' as const,
    );
    if (answer === 'died') return this.#workerComes();
    if (answer === undefined) return;
    await this.#insist(({ engine }) => engine.wake(answer.execution));
    await this.#answer((answer satisfies TakenTask).token);
  }

  async #isWaiting({ states }: Process, { execution, activation, token }: OfferedTask): Promise<boolean> {
    const work = (await states.load(execution))?.state.activations.get(activation)?.work;
    return work?.kind === 'task' && work.stage === 'scheduled' && work.token === token;
  }

  #time(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve);
    });
  }
}
