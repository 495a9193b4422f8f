import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { definingWorkflow, parseStatesArn } from '../../../lib/model/arn.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import { isOutstanding } from '../../../lib/model/effects.ts';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import { evolve } from '../../../lib/model/evolve.ts';
import { isJsonObject, type Json } from '../../../lib/model/json.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { Activation, ExecutionState } from '../../../lib/model/state.ts';
import type { EventStore, Inbox, StoredCommit } from '../../../lib/ports/event-store.ts';
import { decodeCommit } from '../../../lib/state/commit.ts';
import { encodeSnapshot } from '../../../lib/state/snapshot.ts';
import type { LiveExecution } from '../../../lib/state/state-manager.ts';
import { jobOf } from './jobs.ts';
import type { SimulationOptions } from './options.ts';
import { PermitWitness } from './permit-witness.ts';
import { LIMITS } from './process.ts';
import { type RateWitness, rateWitnessOf } from './rate-witness.ts';
import type { Life } from './unreliable.ts';

/** An answer may come while the inbox is being read for the last time. */
const RACE_MS = 1_000;

interface Seen {
  state: ExecutionState;
  last: StoredCommit;
  /** When that was written. */
  at: number;
  /** Attempts of tasks whose handing out is in the log. */
  readonly scheduled: Set<string>;
  readonly ended: Map<string, unknown>;
  /** By attempt: the jobs that have not ended as far as the log knows. */
  readonly jobs: Map<string, string>;
  /** Ids of the events that came from outside. */
  readonly told: Set<string>;
}

/** Reads along in the log, folds it on its own, and holds every process to what is promised. */
export class Witness {
  readonly violations: string[] = [];
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #seen = new Map<string, Seen>();
  readonly #deposits = new Map<string, number>();
  readonly #running = new Map<string, { readonly process: string; readonly life: Life }>();
  /** Calls whose result some process has. */
  readonly #returned = new Map<string, Life>();
  /** By idempotency key: the step that it is for. */
  readonly #steps = new Map<string, string>();
  /** By step: its idempotency key. */
  readonly #keys = new Map<string, string>();
  readonly #hash = createHash('sha256');
  readonly #options: SimulationOptions;
  /** What each call was about. */
  readonly #calls = new Map<number, TaskAssignment>();
  readonly #now: () => number;
  readonly permits: PermitWitness;
  readonly #rates: RateWitness | undefined;
  /** By task of a parent: its child. */
  readonly #children = new Map<string, string>();

  constructor(plans: ReadonlyMap<string, Plan>, options: SimulationOptions, now: () => number) {
    this.#plans = plans;
    this.#options = options;
    this.permits = new PermitWitness(LIMITS);
    this.#now = now;
    this.#rates = rateWitnessOf(options);
  }

  /** Of all that was written, in order. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  get isAnyOpen(): boolean {
    return [...this.#seen.values()].some(({ state }) => state.status === 'RUNNING');
  }

  get executions(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** The jobs that were started, and of whose end nothing is in the log. */
  get jobsGivenUp(): readonly string[] {
    return [...this.#seen.values()].flatMap(({ jobs }) => [...jobs.values()]);
  }

  stateOf(execution: string): ExecutionState | undefined {
    return this.#seen.get(execution)?.state;
  }

  log(events: EventStore): EventStore {
    return {
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: async (commit) => {
        const outcome = await events.append(commit);
        if (outcome === 'appended') this.#committed(commit);
        return outcome;
      },
    };
  }

  inbox(inbox: Inbox): Inbox {
    return {
      facts: (execution) => inbox.facts(execution),
      discard: (execution, ids) => inbox.discard(execution, ids),
      deposit: async (execution, fact) => {
        const outcome = await inbox.deposit(execution, fact);
        const key = `${execution} ${fact.id}`;
        if (outcome === 'deposited' && !this.#deposits.has(key)) this.#deposits.set(key, this.#now());
        return outcome;
      },
    };
  }

  /** A handler is called. The result ends the call. */
  called(task: TaskAssignment, call: number, process: string, life: Life): () => void {
    const exclusive = this.#options.shared === 0;
    this.#calls.set(call, task);
    this.violations.push(...(this.#rates?.called(task, this.#now()) ?? []));
    const seen = this.#seen.get(task.execution);
    const key = `${task.activation}.${task.attempt}`;
    const where = `${task.execution} ${key} (${task.state})`;
    const plan = this.#planOf(task.execution);
    if (seen === undefined || plan === undefined) {
      this.violations.push(`${where} is called and its execution is not in the log.`);
      return () => {};
    }
    const idempotent = isIdempotent(plan, task);
    if (seen.scheduled.has(key) && !isOutstanding(plan, seen.state, task)) {
      // Without a lease, two processes may have an idempotent task in hand at the same time.
      if ((exclusive || !idempotent) && !this.#mayBeLate(seen)) {
        this.violations.push(`${where} is called again after its end was recorded.`);
      }
    } else if (!seen.scheduled.has(key) && !idempotent) {
      this.violations.push(`${where} is called before that is recorded.`);
    }
    // Before it is on record, a number may stand for different steps in two processes.
    if (!idempotent) this.#checkKey(task, where);
    const { lease } = seen.last;
    const isOwner = lease?.owner === process && lease.until > this.#now();
    if (!exclusive && !idempotent && !isOwner && !this.#mayBeLate(seen)) {
      this.violations.push(`${where} is called without a lease.`);
    }
    return idempotent ? () => {} : this.#runs(where, process, life);
  }

  /** A call has come to its end, and its process knows the result. */
  returned(task: TaskAssignment, life: Life): void {
    if (this.#keepsLeases)
      this.#returned.set(`${task.execution} ${task.activation}.${task.attempt} (${task.state})`, life);
  }

  /** What must not be called twice at a time. */
  #runs(where: string, process: string, life: Life): () => void {
    const other = this.#running.get(where);
    const mine = { process, life };
    if (this.#returned.get(where)?.isAlive === true) {
      this.violations.push(`${where} is called again, though the process that has its result is there.`);
    }
    if (other?.life.isAlive === true && (other.process === process || this.#keepsLeases)) {
      const who = other.process === process ? process : `${process} and ${other.process}`;
      this.violations.push(`${where} is called twice at a time in ${who}.`);
    }
    this.#running.set(where, mine);
    return () => {
      if (this.#running.get(where) === mine) this.#running.delete(where);
    };
  }

  /**
   * Whether a gate may have held the call up until something else was recorded: a commit whose writer does not know yet
   * that it is there, or one of another process, if this one stood still meanwhile.
   */
  #mayBeLate({ at }: Seen): boolean {
    const { gates, pause } = this.#options;
    return gates === 1 && (pause > 0 || this.#now() - at <= RACE_MS);
  }

  /** Whether nothing keeps a process from renewing its leases in time. */
  get #keepsLeases(): boolean {
    const { pause, unavailable, throttled } = this.#options;
    return pause + unavailable + throttled === 0;
  }

  /** All calls of a step have the same key, and no other step has it. */
  #checkKey({ execution, activation, idempotencyKey }: TaskAssignment, where: string): void {
    const step = `${execution} ${activation}`;
    const known = this.#keys.get(step) ?? idempotencyKey;
    const other = this.#steps.get(idempotencyKey) ?? step;
    if (known !== idempotencyKey) this.violations.push(`${where} is called with another idempotency key than before.`);
    if (other !== step) this.violations.push(`${where} is called with the idempotency key of ${other}.`);
    this.#keys.set(step, idempotencyKey);
    this.#steps.set(idempotencyKey, step);
  }

  #planOf(execution: string): Plan | undefined {
    return this.#plans.get(definingWorkflow(parseStatesArn(execution)?.name ?? ''));
  }

  #committed(commit: StoredCommit): void {
    const { execution, number } = commit;
    this.#hash.update(commit.body);
    const plan = this.#planOf(execution);
    if (plan === undefined) throw new Error(`Nobody registered the workflow of ${execution}.`);
    const seen = this.#seen.get(execution);
    let state = seen?.state;
    const scheduled = seen?.scheduled ?? new Set<string>();
    const ended = seen?.ended ?? new Map<string, unknown>();
    const jobs = seen?.jobs ?? new Map<string, string>();
    const told = seen?.told ?? new Set<string>();
    for (const event of decodeCommit(commit).events) {
      if (event.type === 'TaskScheduled') scheduled.add(`${event.id}.${event.attempt}`);
      if (event.type === 'TaskSubmitted') noteJob(jobs, state?.activations.get(event.id), event.output);
      if (event.type === 'EventReceived') {
        if (told.has(event.id)) this.violations.push(`${execution} has taken the event ${event.id} twice.`);
        told.add(event.id);
      }
      if (event.type === 'TaskSucceeded' || event.type === 'TaskFailed') {
        const work = state?.activations.get(event.id)?.work;
        const key = `${event.id}.${work?.kind === 'task' ? work.attempt : '?'}`;
        if (ended.has(key)) this.violations.push(`${execution} ${key} ended twice.`);
        ended.set(key, event);
        if (event.type === 'TaskSucceeded' || event.reason !== 'timedOut') jobs.delete(key);
        this.#checkResult(`${execution} ${key}`, state?.activations.get(event.id), event);
        if (event.type === 'TaskFailed' && event.reason === 'timedOut') this.#timedOut(execution, key, event.at);
      }
      state = evolve(plan, state, event);
    }
    if (state === undefined) throw new Error(`Commit ${number} of ${execution} is empty.`);
    if (number === 0) this.#born(state);
    this.violations.push(...this.permits.committed(state));
    this.#seen.set(execution, { state, last: commit, at: this.#now(), scheduled, ended, jobs, told });
  }

  /** A task of a parent has one child, however often it is called. */
  #born({ identity: { id, parent } }: ExecutionState): void {
    if (parent === undefined || parent.pattern === 'child') return;
    const task = `${parent.execution} ${parent.activation}.${parent.attempt}`;
    const other = this.#children.get(task);
    if (other !== undefined) this.violations.push(`${task} has started ${id} and ${other}.`);
    this.#children.set(task, id);
  }

  /** A process has written a commit, and has this in memory: what is replayed is the same. */
  wrote({ id, number, state }: LiveExecution): void {
    const seen = this.#seen.get(id);
    if (seen?.last.number !== number) return;
    const [folded, held] = [encodeSnapshot(seen.state), encodeSnapshot(state)];
    // The order of fields says nothing.
    if (folded === held || isDeepStrictEqual(JSON.parse(folded), JSON.parse(held))) return;
    this.violations.push(`${id} is not in commit ${number} what it is in memory.`);
  }

  /** What is recorded as the result of a task is what a call with its input gave. */
  #checkResult(where: string, active: Activation | undefined, event: ExecutionEvent): void {
    if (active?.work.kind !== 'task') return;
    const output = event.type === 'TaskSucceeded' && isJsonObject(event.output) ? event.output : {};
    const cause = event.type === 'TaskFailed' ? /^call (\d+)$/.exec(event.cause ?? '')?.[1] : undefined;
    const number = output['call'] ?? (cause === undefined ? undefined : Number(cause));
    const call = typeof number === 'number' ? this.#calls.get(number) : undefined;
    if (call !== undefined && (call.state !== active.state || !isDeepStrictEqual(call.input, active.work.input))) {
      this.violations.push(
        `${where} (${active.state}) has the result of call ${String(number)}, which was for ${call.state}.`,
      );
    }
    const { answered } = output;
    if (answered !== undefined && answered !== active.work.token)
      this.violations.push(`${where} has another's answer.`);
  }

  /** A task may not time out when its answer was accepted before that. */
  #timedOut(execution: string, key: string, at: number): void {
    const deposited = this.#deposits.get(`${execution} ${key}.ended`);
    if (deposited !== undefined && deposited + RACE_MS + 2 * this.#options.skew < at) {
      this.violations.push(`${execution} ${key} timed out at ${at} though its end was accepted at ${deposited}.`);
    }
  }

  /** Once all is quiet: everything has closed. */
  close(): readonly string[] {
    for (const [execution, { state, last }] of this.#seen) {
      if (state.status === 'RUNNING') {
        const open = [...state.activations.values()].map(
          ({ id, state: name, work }) => `${id} ${name} ${JSON.stringify(work).slice(0, 300)}`,
        );
        this.violations.push(`${execution} never closes; commit ${last.number}, open: ${open.join('; ')}`);
      }
      if (state.owed.length > 0) this.violations.push(`${execution} has never told its children to stop.`);
    }
    return this.violations;
  }
}

function noteJob(jobs: Map<string, string>, active: Activation | undefined, answer: Json): void {
  const job = jobOf(answer);
  if (active?.work.kind === 'task' && job !== undefined) jobs.set(`${active.id}.${active.work.attempt}`, job);
}

/** Whether it may be called before that is on record, and by two processes at a time. */
function isIdempotent({ scopes }: Plan, { state, resource }: TaskAssignment): boolean {
  const plan = scopes.map(({ states }) => states.get(state)).find((found) => found !== undefined);
  return plan?.type === 'Task' && plan.idempotent && resource.kind === 'lambda';
}
