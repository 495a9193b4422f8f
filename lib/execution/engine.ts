import { executionArn, expressArn, type Place } from '../model/arn.ts';
import type { Command } from '../model/command.ts';
import { begin } from '../model/decide.ts';
import type { Limits } from '../model/environment.ts';
import type { Json } from '../model/json.ts';
import { retryDelay } from '../model/retry.ts';
import type { SearchFields } from '../model/search.ts';
import type { ExecutionIdentity, ExecutionState, ParentRef, TraceContext } from '../model/state.ts';
import type { Fact } from '../ports/event-store.ts';
import { queuePolicy } from '../resilience/retry-policy.ts';
import { Announcements } from './announcements.ts';
import { depositCommand, factOf } from './facts.ts';
import { Flights } from './flights.ts';
import { type ForkOrder, type ForkOutcome, forkExecution } from './fork.ts';
import { Gathering } from './gathering.ts';
import { Messages } from './messages.ts';
import { type MigrationOrder, type MigrationOutcome, migrateExecution } from './migrate.ts';
import { ObservedTasks } from './observation/observed-tasks.ts';
import { Observer } from './observation/observer.ts';
import type { EngineParts } from './parts.ts';
import { executionPools, limitsOf } from './permits.ts';
import { ExecutionPipeline, type StartRefusal } from './pipeline/pipeline.ts';
import { type RedriveOutcome, type RedriveRequest, redriveExecution } from './redrive.ts';
import { Returns } from './returns.ts';
import { Settlements } from './settlements.ts';
import { type Begun, Slot } from './slot.ts';
import { changeSuspension, type SuspensionOutcome } from './suspend.ts';
import { MapRunTasks } from './tasks/map-run.ts';
import { Turn } from './turn.ts';
import type { StartableWorkflow, WorkflowRegistry, WorkflowSelector } from './workflows.ts';

export interface StartRequest {
  readonly workflow: StartableWorkflow;
  /** Unique within the workflow, if that is not an express one; absent: a UUID. */
  readonly name?: string;
  readonly input: Json;
  readonly parent?: ParentRef;
  /** What it is to be found by, beside what the definition says. */
  readonly search?: SearchFields | undefined;
  /** The trace of whoever starts it. */
  readonly trace?: TraceContext;
}

export type StartOutcome =
  | { readonly kind: 'started'; readonly execution: string; readonly startedAt: number }
  /** The same start came before, and its execution is still open: nothing was done, nothing needs to be. */
  | { readonly kind: 'repeated'; readonly execution: string; readonly startedAt: number }
  /** The name is taken by an execution that is closed or has another input. */
  | { readonly kind: 'nameTaken'; readonly execution: string }
  /** The pipeline does not let it pass: nothing was done. */
  | (StartRefusal & { readonly execution: string });

/** Turns in a row that found the state in hand to be old before there are pauses between them. */
const BEATEN_AT_ONCE = 3;
/** The pauses: processes that stand in each other's way must not do so in step. */
const WHEN_BEATEN = { intervalSeconds: 0.01, backoffRate: 2, maxDelaySeconds: 1, jitter: 'FULL' } as const;

/**
 * Starts executions and runs their turns. One engine runs at most one turn of an execution at a time; engines in
 * other processes are kept away by the lease, and fenced off by the number of the commit.
 */
export class ExecutionEngine {
  readonly place: Place;
  readonly workflows: WorkflowRegistry;
  readonly #parts: EngineParts;
  readonly #slots = new Map<string, Slot>();
  /** Of executions that have tasks under way here. */
  readonly #flights = new Map<string, Flights>();
  #stopping = false;
  #allEnded: (() => void) | undefined;
  readonly #messages: Messages;
  readonly #closings: Announcements<ExecutionState>;
  readonly #settlements: Settlements;
  readonly #mapRuns: MapRunTasks;
  readonly #returns = new Returns();
  /** Of resource pools; absent: there are none. */
  readonly #limits: Limits | undefined;
  readonly #observer: Observer;
  readonly #pipeline: ExecutionPipeline;
  /** Executions that another process left open, until their first turn here. */
  readonly #takenUp = new Set<string>();

  constructor(parts: EngineParts, workflows: WorkflowRegistry, place: Place) {
    const { states, items, invoker: others, policy } = parts;
    // Map runs start executions, which is this engine's own work.
    this.#mapRuns = new MapRunTasks({ engine: this, states, items, others, run: policy.exclusive });
    this.#observer = new Observer(parts);
    this.#pipeline = parts.pipeline ?? new ExecutionPipeline([], parts.clock);
    states.observer = this.#observer;
    this.#parts = { ...parts, invoker: new ObservedTasks(this.#mapRuns, this.#observer) };
    this.#messages = new Messages(parts);
    this.#closings = new Announcements(parts.clock);
    this.#settlements = new Settlements(parts);
    this.#limits = parts.pools && limitsOf(parts.pools, parts.clock, parts.ids);
    this.workflows = workflows;
    this.place = place;
  }

  /** What a start runs; an alias decides by chance. `undefined`: there is no such workflow, version or alias. */
  startable(selector: WorkflowSelector): Promise<StartableWorkflow | undefined> {
    return this.workflows.startable(selector, () => this.#parts.ids.random32());
  }

  /**
   * Starts an execution, durably; idempotent by its name, but for express workflows that nobody waits for. With `run`
   * its first turn is taken in this process, at once and in the background; otherwise a message goes to the queue.
   */
  async start(request: StartRequest, { run }: { readonly run: boolean }): Promise<StartOutcome> {
    const { ids } = this.#parts;
    const { workflow, input } = request;
    const name = request.name ?? ids.uuid();
    const id =
      workflow.type === 'EXPRESS' && request.parent === undefined
        ? expressArn(this.place, workflow.name, name, ids.uuid())
        : executionArn(this.place, workflow.name, name);
    const identity: Omit<ExecutionIdentity, 'startedAt'> = {
      id,
      name,
      workflow: {
        id: workflow.id,
        name: workflow.name,
        revision: workflow.revision,
        roleArn: workflow.roleArn,
        type: workflow.type,
        ...(workflow.version === undefined ? {} : { version: workflow.version }),
        ...(workflow.alias === undefined ? {} : { alias: workflow.alias }),
      },
      ...(request.parent === undefined ? {} : { parent: request.parent }),
    };
    return this.startAs(identity, input, { run, trace: request.trace, search: request.search });
  }

  /** As `start`, for an execution that has got its identity already. */
  async startAs(
    born: Omit<ExecutionIdentity, 'startedAt'>,
    given: Json,
    {
      run,
      trace: by,
      search: wanted,
    }: { readonly run: boolean } & Partial<Pick<StartRequest, 'search'>> & {
        readonly trace?: TraceContext | undefined;
      },
  ): Promise<StartOutcome> {
    const { clock, ids, states, pools } = this.#parts;
    const { id } = born;
    const plan = await this.workflows.plan(born.workflow);
    const answer = this.#pipeline.beforeStart({ identity: born, plan, input: given, search: wanted });
    const admission = answer instanceof Promise ? await answer : answer;
    if (admission.kind === 'refused') return { ...admission, execution: id };
    const { input, search } = admission;
    if (pools?.isStale === true) await pools.refresh();
    const at = clock.now();
    const span = this.#observer.starting(born, by);
    const trace = this.#observer.born(span, by);
    const identity: ExecutionIdentity = { ...born, startedAt: at, ...(trace === undefined ? {} : { trace }) };
    const command = {
      type: 'StartExecution',
      identity,
      input,
      pools: pools && executionPools(pools, born, plan),
      search,
    } as const;
    const decision = begin(plan, command, { at, random32: () => ids.random32(), limits: this.#limits });
    const live = states.newborn(id, plan, decision.state);
    const slot = new Slot();
    const claimed = run && !this.#slots.has(id);
    if (claimed) this.#slots.set(id, slot);
    let outcome: 'appended' | 'conflict' | undefined;
    try {
      outcome = await states.commit(live, decision.events, undefined);
    } finally {
      span.setAttribute('knhk.commit.outcome', outcome ?? 'unknown').end();
      if (claimed && outcome !== 'appended') {
        this.#slots.delete(id);
        // It exists, and somebody wanted it to be looked at; or it may exist, and nobody else would find out.
        if (slot.nudged || outcome === undefined) await this.#messages.send(id);
      }
    }
    if (outcome === 'conflict') return this.#repeated(id, input);
    if (claimed) this.#inBackground(id, slot, { live, effects: decision.effects });
    else if (live.state.status === 'RUNNING' || decision.effects.length > 0) await this.#messages.send(id);
    else this.#closings.tell(live.id, live.state);
    return { kind: 'started', execution: id, startedAt: at };
  }

  async #repeated(id: string, input: Json): Promise<StartOutcome> {
    const existing = await this.#parts.states.load(id);
    const isSame = existing?.state.status === 'RUNNING' && this.#pipeline.isSameInput(existing.state.input, input);
    if (existing === undefined || !(await isSame)) return { kind: 'nameTaken', execution: id };
    // Whoever started it may have died before it could tell anybody.
    if (existing.number === 0) await this.#messages.send(id);
    return { kind: 'repeated', execution: id, startedAt: existing.state.identity.startedAt };
  }

  /**
   * Runs a turn of the execution, to its end; where one is running already it is told to look again. What a work-queue
   * message asks for; rejects if the engine itself failed, and then the message must come again.
   */
  async turn(execution: string): Promise<void> {
    const running = this.#slots.get(execution);
    if (running !== undefined) return running.nudge();
    if (this.#stopping) return;
    const slot = new Slot();
    this.#slots.set(execution, slot);
    await this.#run(execution, slot);
  }

  /** Has a closed execution go on, durably; nothing more is needed, also if this process dies right afterwards. */
  redrive(request: RedriveRequest): Promise<RedriveOutcome> {
    const { states, clock, pools } = this.#parts;
    const parts = { states, clock, workflows: this.workflows, pools, limits: this.#limits };
    return this.#tell(
      request.execution,
      () => redriveExecution(parts, request),
      // Whoever asked first may have died before it could tell anybody.
      ({ kind }) => kind === 'redriven' || kind === 'repeated',
    );
  }

  /** Starts an execution that goes on from where another one was, durably. */
  fork(order: ForkOrder): Promise<ForkOutcome> {
    const { states, clock, pools } = this.#parts;
    const pipeline = this.#pipeline;
    const parts = { states, clock, pipeline, workflows: this.workflows, pools, limits: this.#limits };
    return this.#tell(
      order.identity.id,
      () => forkExecution(parts, order),
      ({ kind }) => kind === 'forked',
    );
  }

  /** Has an execution that runs go on with another revision, durably. */
  migrate(order: MigrationOrder): Promise<MigrationOutcome> {
    const { states, clock } = this.#parts;
    return this.#tell(
      order.execution,
      () => migrateExecution({ states, clock, workflows: this.workflows }, order),
      ({ kind }) => kind === 'migrated' || kind === 'same',
    );
  }

  /** Holds back what would begin in an execution that runs, durably. */
  suspend(execution: string, reason?: string): Promise<SuspensionOutcome> {
    const change = { type: 'ExecutionSuspended', ...(reason === undefined ? {} : { reason }) } as const;
    return changeSuspension(this.#parts, execution, change);
  }

  /** Lets an execution that was suspended go on, durably; nothing more is needed, also if this process dies right afterwards. */
  resume(execution: string): Promise<SuspensionOutcome> {
    return this.#tell(
      execution,
      () => changeSuspension(this.#parts, execution, { type: 'ExecutionResumed' }),
      (outcome) => outcome === 'done' || outcome === 'same',
    );
  }

  /** Puts a command into the execution's inbox, durably, and has it looked at. `'exists'`: it was there already. */
  deliver(
    execution: string,
    command: Exclude<Command, { type: 'StartExecution' | 'Wake' }>,
  ): Promise<'deposited' | 'exists'> {
    return this.#tell(execution, () => depositCommand(this.#parts, execution, command));
  }

  /**
   * As `deliver`, and waits until the execution has dealt with the command: then its log says what came of it, which may
   * be nothing. `'pending'`: that takes longer than `ms`; the command is there, and asking again goes on waiting.
   */
  async submit(
    execution: string,
    command: Exclude<Command, { type: 'StartExecution' | 'Wake' }>,
    ms: number,
  ): Promise<'deposited' | 'exists' | 'pending'> {
    const { inbox, clock } = this.#parts;
    const fact = factOf(command, clock.now());
    if (fact === undefined) return 'exists';
    const outcome = await this.#tell(execution, () => inbox.deposit(execution, fact));
    return (await this.#settlements.settled(execution, fact.id, ms)) ? outcome : 'pending';
  }

  /** The execution was left open by a process that has died, without messages that would tell it what it has missed. */
  async takeUp(execution: string): Promise<void> {
    this.#takenUp.add(execution);
    await this.#messages.send(execution);
  }

  /** Puts a fact into the execution's inbox, durably, and has it looked at. */
  async deposit(execution: string, fact: Fact): Promise<void> {
    await this.#tell(execution, () => this.#parts.inbox.deposit(execution, fact));
  }

  /**
   * Changes an execution, and has it looked at; also if the store did not say whether it has done what it was asked: it
   * may have, and nobody else would find out.
   */
  async #tell<T>(
    execution: string,
    change: () => Promise<T>,
    isNews: (outcome: T) => boolean = () => true,
  ): Promise<T> {
    let isWanted = true;
    try {
      const outcome = await change();
      isWanted = isNews(outcome);
      return outcome;
    } finally {
      if (isWanted) await this.wake(execution);
    }
  }

  /** ms since the epoch. */
  now(): number {
    return this.#parts.clock.now();
  }

  /** Has the execution looked at soon: by the turn that runs here, or by whoever takes the message. */
  async wake(execution: string): Promise<void> {
    const running = this.#slots.get(execution);
    if (running === undefined) await this.#messages.send(execution);
    else running.nudge();
  }

  /** The execution once it has closed, or `undefined` if that takes longer than `ms`. Consistent with the log. */
  async closed(execution: string, ms: number): Promise<ExecutionState | undefined> {
    const { clock, states } = this.#parts;
    const end = clock.now() + ms;
    for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
      const heard = this.#closings.next(execution, Math.min(pause, end - clock.now()));
      const live = this.#slots.has(execution) ? undefined : await states.load(execution);
      if (live !== undefined && live.state.status !== 'RUNNING') return live.state;
      const state = await heard;
      if (state !== undefined) return state;
      if (clock.now() >= end) return undefined;
    }
  }

  /**
   * Begins no turn and no task any more, and waits for what is in flight, at most `graceMs`. What is left is found
   * again by the next process. Resolves with the number of turns that did not end in time.
   */
  async stop(graceMs: number): Promise<number> {
    this.#stopping = true;
    for (const slot of this.#slots.values()) slot.turn?.windDown();
    if (this.#slots.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#parts.clock.after(graceMs, resolve);
        this.#allEnded = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.#slots.size;
  }

  #inBackground(execution: string, slot: Slot, begun: Begun): void {
    const { telemetry } = this.#parts;
    this.#run(execution, slot, begun)
      .catch(async (error: unknown) => {
        if (this.#stopping) return;
        telemetry.log('error', 'A turn failed; it will be tried again.', { execution, error });
        // Its deliveries are counted as any other's: what fails again and again is given up.
        await this.#messages.send(execution, queuePolicy.intervalSeconds);
      })
      .catch((error: unknown) => {
        telemetry.log('error', 'A turn failed, and its message could not be sent.', { execution, error });
      });
  }

  async #run(execution: string, slot: Slot, begun?: Begun): Promise<void> {
    try {
      let next = begun;
      while ((await this.#oneTurn(execution, slot, next)) && !this.#stopping) {
        next = undefined;
        if (slot.beaten >= BEATEN_AT_ONCE) await this.#giveWay(slot.beaten - BEATEN_AT_ONCE);
      }
    } finally {
      this.#slots.delete(execution);
      this.#dropFlights(execution);
      if (this.#slots.size === 0) this.#allEnded?.();
    }
    // Not before the slot is gone: a message that comes while there is one only nudges it. Nor where the turn failed: its own
    // message comes again, and a new one each time would be counted from the start.
    if (slot.nudged && !this.#stopping) await this.#messages.send(execution);
  }

  #giveWay(pauses: number): Promise<void> {
    const { clock, ids } = this.#parts;
    return new Promise((resolve) => {
      clock.after(retryDelay(WHEN_BEATEN, pauses, ids.random32() / 2 ** 32), resolve);
    });
  }

  async #isLeasedByAnother(execution: string): Promise<boolean> {
    const lease = (await this.#parts.states.head(execution))?.lease;
    return lease !== undefined && lease.owner !== this.#parts.policy.owner && lease.until > this.now();
  }

  /** True if another turn is to follow at once. */
  async #oneTurn(execution: string, slot: Slot, begun: Begun | undefined): Promise<boolean> {
    const { states, pools } = this.#parts;
    // A message about it is on its way back here: nothing has to be loaded to send no other.
    const isExpected = begun === undefined && this.#returns.isExpected(execution, this.now());
    if (isExpected && (await this.#isLeasedByAnother(execution))) return false;
    const live = begun?.live ?? (await states.open(execution));
    if (live === undefined) return false;
    if (pools?.isStale === true) await pools.refresh();
    if (this.#takenUp.has(execution)) {
      await this.#mapRuns.tellEnds(live.state);
      this.#takenUp.delete(execution);
    }
    const flights = this.#flightsOf(execution);
    const gathering = new Gathering(slot.wasBeaten);
    const turn = new Turn(this.#parts, live, {
      flights,
      gathering,
      limits: this.#limits,
      wake: (other) => this.wake(other),
      settled: (facts) => this.#settlements.tell(execution, facts),
    });
    if (this.#stopping) turn.windDown();
    if (slot.nudged) turn.nudge();
    slot.nudged = false;
    slot.turn = turn;
    const end = await this.#observer
      .turn(live, () => turn.run(begun?.effects))
      .finally(() => {
        slot.turn = undefined;
        slot.nudged = turn.isRung;
      });
    if (end.kind !== 'outdated') slot.beaten = 0;
    switch (end.kind) {
      case 'outdated':
        slot.wasBeaten = end.wasBeaten;
        slot.beaten += 1;
        return true;
      case 'closed':
        flights.forget();
        this.#closings.tell(live.id, live.state);
        // It may have been redriven, of which the state in hand knows nothing.
        return turn.wasNudgedSince && !(await states.isLatest(live));
      case 'leased':
        await this.#returns.expect(execution, this.now(), () => this.#messages.sendBack(execution, end.until));
        return false;
      case 'unfinished':
        states.release(live);
        slot.nudged = true;
        return false;
      case 'idle':
        if (!slot.nudged) await this.#messages.setTimer(live);
        if (states.release(live) === 'changedBeside' || slot.nudged) return true;
        // Its timer may have been what came, of which the state in hand knows nothing, or it may have been resumed.
        return turn.wasNudgedSince && !(await states.isLatest(live));
    }
  }

  #flightsOf(execution: string): Flights {
    const known = this.#flights.get(execution);
    if (known !== undefined) return known;
    const flights = new Flights(this.#parts, execution, async () => {
      this.#dropFlights(execution);
      await this.wake(execution);
    });
    this.#flights.set(execution, flights);
    return flights;
  }

  #dropFlights(execution: string): void {
    if (!this.#slots.has(execution) && this.#flights.get(execution)?.size === 0) this.#flights.delete(execution);
  }
}
