import { deepStrictEqual } from 'node:assert';
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
import type { StateManager } from '../../../lib/state/state-manager.ts';
import { jobOf } from './jobs.ts';
import { PermitWitness } from './permit-witness.ts';

/** An answer may come while the inbox is being read for the last time. */
const RACE_MS = 1_000;

interface Seen {
  state: ExecutionState;
  last: StoredCommit;
  /** Attempts of tasks whose handing out is in the log. */
  readonly scheduled: Set<string>;
  readonly ended: Map<string, unknown>;
  /** By attempt: the jobs that have not ended as far as the log knows. */
  readonly jobs: Map<string, string>;
}

/** Reads along in the log, folds it on its own, and holds every process to what is promised. */
export class Witness {
  readonly violations: string[] = [];
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #seen = new Map<string, Seen>();
  readonly #deposits = new Map<string, number>();
  readonly #running = new Map<string, string>();
  /** What each call was about. */
  readonly #calls = new Map<number, TaskAssignment>();
  readonly #now: () => number;
  readonly permits: PermitWitness;

  constructor(plans: ReadonlyMap<string, Plan>, limits: ReadonlyMap<string, number>, now: () => number) {
    this.#plans = plans;
    this.permits = new PermitWitness(limits);
    this.#now = now;
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
  called(task: TaskAssignment, call: number, process: string, exclusive: boolean): () => void {
    this.#calls.set(call, task);
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
      if (exclusive || !idempotent) this.violations.push(`${where} is called again after its end was recorded.`);
    } else if (!seen.scheduled.has(key) && !idempotent) {
      this.violations.push(`${where} is called before that is recorded.`);
    }
    const { lease } = seen.last;
    const isOwner = lease?.owner === process && lease.until > this.#now();
    if (!exclusive && !idempotent && !isOwner) this.violations.push(`${where} is called without a lease.`);
    const running = `${process} ${where}`;
    if (!idempotent && this.#running.has(running))
      this.violations.push(`${where} is called twice at a time in ${process}.`);
    this.#running.set(running, where);
    return () => this.#running.delete(running);
  }

  #planOf(execution: string): Plan | undefined {
    return this.#plans.get(definingWorkflow(parseStatesArn(execution)?.name ?? ''));
  }

  #committed(commit: StoredCommit): void {
    const { execution, number } = commit;
    const plan = this.#planOf(execution);
    if (plan === undefined) throw new Error(`Nobody registered the workflow of ${execution}.`);
    const seen = this.#seen.get(execution);
    let state = seen?.state;
    const scheduled = seen?.scheduled ?? new Set<string>();
    const ended = seen?.ended ?? new Map<string, unknown>();
    const jobs = seen?.jobs ?? new Map<string, string>();
    for (const event of decodeCommit(commit).events) {
      if (event.type === 'TaskScheduled') scheduled.add(`${event.id}.${event.attempt}`);
      if (event.type === 'TaskSubmitted') noteJob(jobs, state?.activations.get(event.id), event.output);
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
    this.violations.push(...this.permits.committed(state));
    this.#seen.set(execution, { state, last: commit, scheduled, ended, jobs });
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
    if (deposited !== undefined && deposited + RACE_MS < at) {
      this.violations.push(`${execution} ${key} timed out at ${at} though its end was accepted at ${deposited}.`);
    }
  }

  /** Once all is quiet: everything has closed, and the log says what the state is. */
  async close(states: StateManager): Promise<void> {
    for (const [execution, { state, last }] of this.#seen) {
      if (state.status === 'RUNNING') {
        const open = [...state.activations.values()].map(
          ({ id, state: name, work }) => `${id} ${name} ${JSON.stringify(work)}`,
        );
        this.violations.push(`${execution} never closes; commit ${last.number}, open: ${open.join('; ')}`);
      }
      if (state.owed.length > 0) this.violations.push(`${execution} has never told its children to stop.`);
      const loaded = await states.load(execution);
      deepStrictEqual(loaded?.state, state);
    }
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
