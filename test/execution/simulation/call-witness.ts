import type { TaskAssignment } from '../../../lib/model/effect.ts';
import { isOutstanding } from '../../../lib/model/effects.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { ExecutionState } from '../../../lib/model/state.ts';
import type { StoredCommit } from '../../../lib/ports/event-store.ts';
import type { SimulationOptions } from './options.ts';
import type { Life } from './unreliable.ts';

/** An answer may come while the inbox is being read for the last time; a call may be made while a commit is under way. */
export const RACE_MS = 1_000;
/** So long may the gates before a call take to let it pass, with a store that is slow. */
const GATES_MS = 5_000;

/** What the log of an execution says. */
export interface SeenLog {
  readonly state: ExecutionState;
  /** The definition that it runs. */
  readonly plan: Plan;
  readonly last: StoredCommit;
  /** When that was written. */
  readonly at: number;
  /** When it was suspended last. */
  readonly suspendedAt: number | undefined;
  /** Attempts of tasks whose handing out is in the log. */
  readonly scheduled: ReadonlySet<string>;
}

interface Call {
  readonly task: TaskAssignment;
  readonly process: string;
  readonly life: Life;
  readonly log: SeenLog | undefined;
}

/** Who calls which task when: only what is on record, and under a lease; with a key of its own; not again where its end is known. */
export class CallWitness {
  readonly #options: SimulationOptions;
  readonly #now: () => number;
  readonly #violations: string[];
  readonly #running = new Map<string, { readonly process: string; readonly life: Life }>();
  /** Calls whose result some process has. */
  readonly #returned = new Map<string, { readonly life: Life; readonly at: number }>();
  /** By idempotency key: the step that it is for. */
  readonly #steps = new Map<string, string>();
  /** By step: its idempotency key. */
  readonly #keys = new Map<string, string>();

  constructor(options: SimulationOptions, now: () => number, violations: string[]) {
    this.#options = options;
    this.#now = now;
    this.#violations = violations;
  }

  /** A handler is called. The result ends the call. */
  called({ task, process, life, log: seen }: Call): () => void {
    const exclusive = this.#options.shared === 0;
    const key = `${task.activation}.${task.attempt}`;
    const where = `${task.execution} ${key} (${task.state})`;
    if (seen === undefined) {
      this.#violations.push(`${where} is called and its execution is not in the log.`);
      return () => {};
    }
    const { plan } = seen;
    const idempotent = isIdempotent(plan, task);
    if (seen.scheduled.has(key) && !isOutstanding(plan, seen.state, task)) {
      // Without a lease, two processes may have an idempotent task in hand at the same time.
      if ((exclusive || !idempotent) && !this.#mayBeLate(seen)) {
        this.#violations.push(`${where} is called again after its end was recorded.`);
      }
    } else if (!seen.scheduled.has(key) && !idempotent) {
      this.#violations.push(`${where} is called before that is recorded.`);
    }
    if (this.#isHeldBack(seen) && task.submitted === undefined) {
      this.#violations.push(`${where} is called while its execution is suspended.`);
    }
    // Before it is on record, a number may stand for different steps in two processes.
    if (!idempotent) this.#checkKey(task, where);
    const { lease } = seen.last;
    const isOwner = lease?.owner === process && lease.until > this.#now();
    if (!exclusive && !idempotent && !isOwner && !this.#mayBeLate(seen)) {
      this.#violations.push(`${where} is called without a lease.`);
    }
    return idempotent ? () => {} : this.#runs(where, process, life);
  }

  /** A call has come to its end, and its process knows the result. */
  returned({ execution, activation, attempt, state }: TaskAssignment, life: Life): void {
    this.#returned.set(`${execution} ${activation}.${attempt} (${state})`, { life, at: this.#now() });
  }

  /** Whether the result is with a process that could keep it. */
  #isKnown(where: string): boolean {
    const known = this.#returned.get(where);
    return known?.life.isAlive === true && known.life.factLostAt < known.at && this.#options.pause === 0;
  }

  /** What must not be called twice at a time. */
  #runs(where: string, process: string, life: Life): () => void {
    const other = this.#running.get(where);
    const mine = { process, life };
    if (this.#isKnown(where)) {
      this.#violations.push(`${where} is called again, though the process that has its result is there.`);
    }
    if (other?.life.isAlive === true && (other.process === process || this.#keepsLeases)) {
      const who = other.process === process ? process : `${process} and ${other.process}`;
      this.#violations.push(`${where} is called twice at a time in ${who}.`);
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
  #mayBeLate({ at }: SeenLog): boolean {
    const { gates, pause } = this.#options;
    return gates === 1 && (pause > 0 || this.#now() - at <= RACE_MS);
  }

  /** Whether it is suspended, and everybody must know. */
  #isHeldBack({ state, suspendedAt }: SeenLog): boolean {
    const { pause, gates } = this.#options;
    if (state.suspended === undefined || suspendedAt === undefined || pause > 0) return false;
    return this.#now() - suspendedAt > (gates === 1 ? GATES_MS : RACE_MS);
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
    if (known !== idempotencyKey) this.#violations.push(`${where} is called with another idempotency key than before.`);
    if (other !== step) this.#violations.push(`${where} is called with the idempotency key of ${other}.`);
    this.#keys.set(step, idempotencyKey);
    this.#steps.set(idempotencyKey, step);
  }
}

/** Whether it may be called before that is on record, and by two processes at a time. */
function isIdempotent({ scopes }: Plan, { state, resource }: TaskAssignment): boolean {
  const plan = scopes.map(({ states }) => states.get(state)).find((found) => found !== undefined);
  return plan?.type === 'Task' && plan.idempotent && resource.kind === 'lambda';
}
