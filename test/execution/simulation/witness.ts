import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import { evolve } from '../../../lib/model/evolve.ts';
import { isJsonObject, type Json } from '../../../lib/model/json.ts';
import { definitionAfter } from '../../../lib/model/migrate.ts';
import type { Activation, ExecutionState } from '../../../lib/model/state.ts';
import type { EventStore, StoredCommit } from '../../../lib/ports/event-store.ts';
import { decodeCommit, decodeLog } from '../../../lib/state/commit.ts';
import { encodeSnapshot } from '../../../lib/state/snapshot.ts';
import type { LiveExecution } from '../../../lib/state/state-manager.ts';
import { CallWitness, RACE_MS, type SeenLog } from './call-witness.ts';
import { ChangeWitness } from './change-witness.ts';
import { DefinitionWitness } from './definition-witness.ts';
import { FactWitness } from './fact-witness.ts';
import { jobOf } from './jobs.ts';
import { LedgerWitness } from './ledger-witness.ts';
import type { SimulationOptions } from './options.ts';
import { PermitWitness } from './permit-witness.ts';
import type { Plans } from './plans.ts';
import { LIMITS } from './process.ts';
import { type RateWitness, rateWitnessOf } from './rate-witness.ts';
import { breachOfSuspension } from './suspension-witness.ts';
import type { Life } from './unreliable.ts';

interface Seen extends SeenLog {
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
  readonly #plans: Plans;
  readonly #seen = new Map<string, Seen>();
  readonly #callers: CallWitness;
  readonly #hash = createHash('sha256');
  readonly #options: SimulationOptions;
  /** What each call was about. */
  readonly #calls = new Map<number, TaskAssignment>();
  readonly #now: () => number;
  readonly permits: PermitWitness;
  readonly facts: FactWitness;
  readonly changes: ChangeWitness;
  readonly ledger: LedgerWitness;
  readonly #definitions = new DefinitionWitness();
  readonly #rates: RateWitness | undefined;
  /** By task of a parent: its child. */
  readonly #children = new Map<string, string>();

  constructor(plans: Plans, options: SimulationOptions, now: () => number) {
    this.#plans = plans;
    this.#options = options;
    this.permits = new PermitWitness(LIMITS);
    this.#now = now;
    const isOpen = (execution: string) => this.stateOf(execution)?.status === 'RUNNING';
    this.facts = new FactWitness({ now, isOpen, violations: this.violations });
    this.ledger = new LedgerWitness(this.violations);
    this.changes = new ChangeWitness(this.violations);
    this.#rates = rateWitnessOf(options);
    this.#callers = new CallWitness(options, now, this.violations);
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

  /** Executions that are open, and suspended. */
  get suspended(): readonly string[] {
    return this.executions.filter((execution) => this.stateOf(execution)?.suspended !== undefined);
  }

  stateOf(execution: string): ExecutionState | undefined {
    return this.#seen.get(execution)?.state;
  }

  log(events: EventStore): EventStore {
    return {
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      replace: async (commit) => events.replace?.(commit),
      append: async (commit) => {
        const outcome = await events.append(commit);
        if (outcome === 'appended') this.#follow(commit);
        return outcome;
      },
    };
  }

  /** A handler is called. The result ends the call. */
  called(task: TaskAssignment, call: number, process: string, life: Life): () => void {
    this.#calls.set(call, task);
    this.violations.push(...(this.#rates?.called(task, this.#now()) ?? []));
    return this.#callers.called({
      task,
      process,
      life,
      log: this.#seen.get(task.execution),
    });
  }

  /** A call has come to its end, and its process knows the result. */
  returned(task: TaskAssignment, life: Life): void {
    this.#callers.returned(task, life);
  }

  #follow(commit: StoredCommit): void {
    try {
      this.#committed(commit);
    } catch (error) {
      this.violations.push(`Commit ${commit.number} of ${commit.execution} does not follow: ${String(error)}`);
    }
  }

  #committed(commit: StoredCommit): void {
    const { execution, number } = commit;
    this.#hash.update(commit.body);
    const seen = this.#seen.get(execution);
    let { state, plan, suspendedAt } = seen ?? { state: undefined, plan: undefined, suspendedAt: undefined };
    const scheduled = seen?.scheduled ?? new Set<string>();
    const ended = seen?.ended ?? new Map<string, unknown>();
    const jobs = seen?.jobs ?? new Map<string, string>();
    const told = seen?.told ?? new Set<string>();
    for (const event of this.#chained(seen?.last, commit)) {
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
      this.violations.push(...breachOfSuspension(state, event));
      this.changes.committed(execution, event);
      if (event.type === 'ExecutionSuspended') suspendedAt = this.#now();
      if (event.type === 'ExecutionStarted') plan = this.#plans.of(event.identity.workflow);
      if (plan === undefined) throw new Error('Nobody has started it.');
      state = evolve(plan, state, event);
      this.violations.push(...this.#definitions.committed(state, event));
      if (definitionAfter(event) !== undefined) plan = this.#plans.of(state.identity.workflow);
    }
    if (state === undefined || plan === undefined) throw new Error(`Commit ${number} of ${execution} is empty.`);
    if (number === 0) this.#born(state);
    if (state.status !== 'RUNNING') this.facts.closed(execution);
    this.violations.push(...this.permits.committed(state));
    const at = this.#now();
    this.#seen.set(execution, { state, plan, last: commit, at, suspendedAt, scheduled, ended, jobs, told });
  }

  #chained(before: StoredCommit | undefined, commit: StoredCommit): readonly ExecutionEvent[] {
    try {
      decodeLog(before === undefined ? [commit] : [before, commit]);
    } catch (error) {
      this.violations.push(`The chain is broken: ${String(error)}`);
    }
    return decodeCommit(commit).events;
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
    const deposited = this.facts.acceptedAt(execution, `${key}.ended`);
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
