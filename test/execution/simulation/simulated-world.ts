import {
  MemoryEventStore,
  MemoryExecutionIndex,
  MemoryInbox,
  MemoryKeyValueStore,
  SeededIds,
  SimulatedClock,
} from '../../../lib/adapters/memory/index.ts';
import { project } from '../../../lib/execution/projection.ts';
import { sweepStarts } from '../../../lib/execution/sweep.ts';
import { type Workflow, WorkflowRegistry } from '../../../lib/execution/workflows.ts';
import { workflowArn } from '../../../lib/model/arn.ts';
import type { JsonObject } from '../../../lib/model/json.ts';
import { CLOSINGS, type Closing, closingOf } from '../../../lib/ports/closings.ts';
import type { StreamedChange } from '../../../lib/ports/streamed-change.ts';
import { Ledger } from '../../../lib/provenance/ledger.ts';
import { ChangeStream } from './change-stream.ts';
import { CloudQueue } from './cloud-queue.ts';
import { Dice } from './dice.ts';
import { finalCheck } from './final-check.ts';
import { Functions } from './functions.ts';
import { Jobs } from './jobs.ts';
import { simulatedSigner } from './ledger-witness.ts';
import type { SimulationOptions } from './options.ts';
import { Outside } from './outside.ts';
import { Plans } from './plans.ts';
import { type Process, place, startProcess } from './process.ts';
import { OTHER_REVISION } from './random-workflow.ts';
import { Life, noFaults } from './unreliable.ts';
import { Witness } from './witness.ts';

const PROCESSES = 3;
const SWEEP_MS = 60_000;
/** Whoever has been told to suspend something has done so, or died, ms after things go wrong no more. */
const SUSPENDED_AT_THE_LATEST_MS = 150_000;

/** Everything around the engines: stores that outlive them, a queue, a stream, clients, workers, functions; and the faults. */
export class SimulatedWorld {
  readonly clock = new SimulatedClock();
  readonly dice: Dice;
  readonly witness: Witness;
  readonly outside: Outside;
  readonly #index = new MemoryExecutionIndex();
  readonly #keyValues = new MemoryKeyValueStore();
  readonly #inbox = new MemoryInbox();
  readonly #events: MemoryEventStore;
  readonly #jobs: Jobs;
  readonly #functions: Functions;
  readonly #plans = new Plans();
  readonly #options: SimulationOptions;
  readonly #queue: CloudQueue;
  readonly #stream: ChangeStream;
  #isCalm = false;
  #processes: Process[] = [];
  #started = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { clock } = this;
    this.dice = new Dice(options.seed);
    // On one machine the lists change with the log.
    this.#events = this.#isExclusive ? new MemoryEventStore(this.#index, this.#keyValues) : new MemoryEventStore();
    this.#jobs = new Jobs(clock, this.dice);
    this.witness = new Witness(this.#plans, options, () => clock.now());
    this.#queue = new CloudQueue(clock, this.dice, (message) => this.#deliver(message.execution));
    this.#queue.disorder = options.disorder;
    this.#queue.lost = options.lost;
    this.#stream = new ChangeStream(clock, this.dice, (...batch) => this.#project(...batch));
    this.#stream.disorder = options.disorder;
    this.outside = new Outside({ clock, dice: this.dice, witness: this.witness, processes: () => this.#processes });
    this.#functions = new Functions({
      options,
      clock,
      dice: this.dice,
      witness: this.witness,
      answer: (token) => void this.outside.answer(token),
    });
    for (let i = this.#isExclusive ? 1 : PROCESSES; i > 0; i -= 1) this.#startProcess();
    this.#sweepRegularly();
  }

  get #isExclusive(): boolean {
    return this.#options.shared === 0;
  }

  /** @param other what its executions may go on with. */
  async register(name: string, definition: JsonObject, other?: JsonObject): Promise<Workflow> {
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
    this.#plans.add(name, workflow.revision, source);
    const workflows = new WorkflowRegistry(this.#keyValues, this.#plans.compile);
    await workflows.create(workflow, source);
    if (other === undefined) return workflow;
    const { roleArn } = workflow;
    const revision = { revision: OTHER_REVISION, definition: JSON.stringify(other), roleArn, createdAt: now };
    this.#plans.add(name, OTHER_REVISION, revision.definition);
    await workflows.addRevision(workflow.id, revision);
    return workflow;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#isCalm = true;
    this.witness.facts.calm();
    this.#queue.disorder = 0;
    this.#queue.lost = 0;
    this.#stream.disorder = 0;
  }

  /** Lets time pass. */
  async run(ms: number): Promise<void> {
    await this.clock.run({ until: this.clock.now() + ms, settle });
  }

  /** Lets time pass until everything has closed, at most so long, which somebody sees to; and then until everybody has been told. */
  async runToEnd(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    const goesOn = () => this.clock.now() < end && this.witness.isAnyOpen && this.witness.violations.length === 0;
    await this.run(SUSPENDED_AT_THE_LATEST_MS);
    for (const execution of this.witness.suspended) void this.outside.resume(execution);
    do {
      while (goesOn()) await this.run(600_000);
      await this.run(300_000);
    } while (goesOn());
  }

  /** What is wrong when all is quiet. */
  async close(): Promise<readonly string[]> {
    if (this.#options.seals === 1) await this.#checkLedger();
    const forgotten = this.witness.jobsGivenUp.filter((job) => !this.#jobs.wasStopped(job));
    return [
      ...this.witness.close(),
      ...(await finalCheck({
        witness: this.witness,
        events: this.#events,
        index: this.#index,
        inbox: this.#inbox,
        plans: this.#plans,
        expectedStarts: this.outside.started,
        erased: this.outside.erased,
      })),
      ...forgotten.map((job) => `The job ${job} was given up and runs on.`),
    ];
  }

  async #checkLedger(): Promise<void> {
    const closings: Closing[] = [];
    for (const execution of this.witness.executions) {
      const log = await this.#events.read(execution, 0, Number.MAX_SAFE_INTEGER);
      const row = log.findLast((commit) => commit.row !== undefined)?.row;
      const closing = row && closingOf(row);
      if (closing !== undefined) closings.push(closing);
    }
    const ledger = new Ledger({
      store: this.#keyValues,
      signer: simulatedSigner,
      clock: this.clock,
      ids: new SeededIds(0),
    });
    await this.witness.ledger.check(ledger, closings);
  }

  #startProcess(): void {
    this.#started += 1;
    const name = `process-${this.#started}`;
    const { skew } = this.#options;
    const ahead = skew === 0 ? 0 : this.dice.below(2 * skew + 1) - skew;
    const life = new Life(this.clock, this.dice, () => (this.#isCalm ? noFaults : this.#options), ahead);
    const inbox = this.witness.facts.inbox(this.#inbox);
    const events = this.witness.log(this.#events);
    const process = startProcess({
      options: this.#options,
      name,
      life,
      dice: this.dice,
      events: this.#isExclusive ? events : this.#stream.log(events),
      inbox: this.#isExclusive ? inbox : this.#stream.inbox(inbox),
      index: this.#index,
      keyValues: this.#keyValues,
      compile: this.#plans.compile,
      queue: this.#queue,
      functions: this.#functions.in(name, life),
      jobs: this.#jobs,
      wrote: (execution) => this.witness.wrote(execution),
      offered: (task) => this.outside.offered(task),
    });
    this.#processes.push(process);
    void life.died.then(() => this.#died(process));
    if (this.#isExclusive) void this.#recover(process);
  }

  #died(process: Process): void {
    this.#processes = this.#processes.filter((other) => other !== process);
    this.clock.after(this.dice.below(20_000), () => this.#startProcess());
  }

  /** As openLocalEngine does it. */
  async #recover({ engine, ownQueue }: Process): Promise<void> {
    ownQueue?.consume((message) => engine.turn(message.execution), { concurrency: 100, maxDeliveries: 1_000_000 });
    const { items } = await this.#index.list({ status: 'RUNNING', limit: 1_000 });
    for (const { execution } of items) await engine.takeUp(execution).catch(() => {});
  }

  async #deliver(execution: string): Promise<'done' | 'died'> {
    if (this.#processes.length === 0) return 'died';
    const { engine, life } = this.dice.pick(this.#processes);
    const turned = engine.turn(execution).then(() => 'done' as const);
    return Promise.race([turned, life.died.then(() => 'died' as const)]);
  }

  /** As the projector's function does it. */
  async #project(changes: readonly StreamedChange[], batch: string): Promise<number | 'died'> {
    if (this.#processes.length === 0) return 'died';
    const { index, queue, keyValues, life } = this.dice.pick(this.#processes);
    const projected = async () => {
      const done = await project({ index, queue, telemetry: { log: () => {} } }, changes, (change) => change);
      const closings = changes.slice(0, done).flatMap((change) => {
        const closing = change.kind === 'row' ? closingOf(change.row) : undefined;
        return closing === undefined ? [] : [{ ...closing }];
      });
      if (closings.length > 0) await keyValues.put(CLOSINGS, batch, closings, 'any');
      return done;
    };
    return Promise.race([projected(), life.died.then(() => 'died' as const)]);
  }

  #twoOfThem(): readonly Process[] {
    return [this.dice.pick(this.#processes), this.dice.pick(this.#processes)];
  }

  #seal(ledger: Ledger): void {
    void this.witness.ledger.seal(ledger).catch(() => {});
  }

  #sweepRegularly(): void {
    const sweep = async () => {
      this.clock.after(SWEEP_MS, () => void sweep());
      if (this.#processes.length === 0) return;
      const { pools, index, states, queue, keyValues: store, life } = this.dice.pick(this.#processes);
      if (this.#options.seals === 1) for (const { ledger } of this.#twoOfThem()) this.#seal(ledger);
      await Promise.race([pools.sweep().catch(() => {}), life.died]);
      if (this.#isExclusive) return;
      await sweepStarts({ index, states, queue, store, clock: life.clock }).catch(() => {});
    };
    this.clock.after(SWEEP_MS, () => void sweep());
  }
}

/** Nothing in this world waits for anything but its clock: what the last callbacks have begun is done when the microtasks are. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
