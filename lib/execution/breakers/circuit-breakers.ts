import type { TaskAssignment } from '../../model/effect.ts';
import { ErrorName } from '../../model/errors.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { BreakerPolicy } from '../../resilience/breaker-policy.ts';
import { type Verdict, verdictOn } from '../../resilience/call-verdict.ts';
import { endProbe, passage, takeProbe } from '../../resilience/circuit-breaker.ts';
import type { Admission, CallEnd, TaskCall, TaskGate } from '../gates.ts';
import { BreakerPolicies } from './breaker-policies.ts';
import { type BreakerRecord, BreakerRecords } from './breaker-records.ts';
import { Outcomes } from './outcomes.ts';
import { announcer } from './transitions.ts';

export interface CircuitBreakersOptions {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  /** Policies of the deployment or the configuration file, by target. */
  readonly configured: ReadonlyMap<string, BreakerPolicy>;
  /** How long what other processes did may take to be seen here, ms; 0: there are no others. */
  readonly freshForMs: number;
}

/** What refuses a call that an open breaker stops. */
export const CIRCUIT_OPEN = 'Knhk.CircuitOpen';

/** Where there is no other process, records are read as often as this all the same, ms. */
const FRESH_ALONE_MS = 1_000;
/** Parked tasks come back within so long after the breaker may let calls through, ms. */
const MOST_SPREAD_MS = 60_000;
const LEAST_SPREAD_MS = 1_000;
/** They look whether an operator has closed it at least so often, ms. */
const MAX_PAUSE_MS = 120_000;

const PASS: Admission = { kind: 'admitted' };

/**
 * The gate before targets that fail: circuit breakers whose states all processes share. A breaker that cannot be read or
 * written stops nothing: the task is called.
 */
export class CircuitBreakers implements TaskGate {
  readonly policies: BreakerPolicies;
  readonly records: BreakerRecords;
  readonly #parts: CircuitBreakersOptions;
  readonly #outcomes: Outcomes;
  readonly #watch: (target: string) => void;

  constructor(options: CircuitBreakersOptions) {
    const { freshForMs } = options;
    const { onTransition, watch } = announcer(options.telemetry, (target) => this.records.seen(target));
    const parts = { ...options, freshForMs: freshForMs === 0 ? FRESH_ALONE_MS : freshForMs };
    this.#parts = parts;
    this.#watch = watch;
    this.policies = new BreakerPolicies(parts);
    this.records = new BreakerRecords({ ...parts, onTransition });
    this.#outcomes = new Outcomes({ ...parts, records: this.records, settleMs: freshForMs });
  }

  admit(call: TaskCall): Admission | Promise<Admission> {
    if (!this.policies.isKnown) return this.policies.load().then(() => this.admit(call));
    const policy = this.policies.of(call.target);
    return policy === undefined ? PASS : this.#admit(call, policy);
  }

  async #admit(call: TaskCall, policy: BreakerPolicy): Promise<Admission> {
    const { target } = call;
    try {
      const record = await this.records.recent(target);
      this.#watch(target);
      const may = passage(policy, record.state, this.#parts.clock.now());
      if (may.kind === 'pass') return this.#counted(call, policy);
      if (may.kind === 'stop') return this.#stopped(call, policy, record);
      return await this.#tried(call, policy);
    } catch (error) {
      const message = `The circuit breaker of ${target} cannot be read or written; the task is called.`;
      const { execution, state } = call.task;
      this.#parts.telemetry.log('warn', message, { code: 'Knhk.BreakerUnreadable', target, execution, state, error });
      return PASS;
    }
  }

  #counted({ task, target }: TaskCall, policy: BreakerPolicy): Admission {
    return {
      kind: 'admitted',
      ended: (end) => {
        if (!hasBeenMade(end)) return;
        this.#outcomes.add(target, policy, { verdict: this.#verdict(task, end, policy), isSlow: isSlow(end, policy) });
      },
    };
  }

  async #tried(call: TaskCall, policy: BreakerPolicy): Promise<Admission> {
    const { clock, ids } = this.#parts;
    const { task, target } = call;
    const id = ids.uuid();
    const { record, made } = await this.records.change(target, (state) => takeProbe(policy, state, id, clock.now()));
    if (made === undefined) {
      const isClosed = passage(policy, record.state, clock.now()).kind === 'pass';
      return isClosed ? this.#counted(call, policy) : this.#stopped(call, policy, record);
    }
    return {
      kind: 'admitted',
      ended: (end) => {
        const verdict = hasBeenMade(end) ? this.#verdict(task, end, policy) : 'nothing';
        this.#endProbe(target, policy, { id, verdict, isSlow: hasBeenMade(end) && isSlow(end, policy) });
      },
    };
  }

  #endProbe(target: string, policy: BreakerPolicy, end: Parameters<typeof endProbe>[2]): void {
    const { clock, telemetry } = this.#parts;
    this.records
      .change(target, (state) => endProbe(policy, state, end, clock.now()))
      .catch((error: unknown) => {
        const message = `How a call went that tried ${target} could not be told; its place is free again after ${policy.probeSeconds} s.`;
        telemetry.log('warn', message, { code: 'Knhk.BreakerUnwritable', target, error });
      });
  }

  #verdict(task: TaskAssignment, end: CallEnd, policy: BreakerPolicy): Verdict {
    if (end.kind === 'failed') return verdictOn(end.error === undefined ? {} : { error: end.error }, policy);
    if (end.kind !== 'withdrawn') return 'success';
    const hasTimedOut = task.timeoutAt !== undefined && this.#parts.clock.now() >= task.timeoutAt;
    return hasTimedOut ? verdictOn({ error: ErrorName.timeout }, policy) : 'nothing';
  }

  #stopped({ target }: TaskCall, policy: BreakerPolicy, record: BreakerRecord): Admission {
    const { state } = record;
    const until = state.kind === 'open' ? state.until : undefined;
    if (policy.whenOpen === 'park') return { kind: 'later', afterMs: this.#pause(policy, until) };
    const why = record.transitions.at(-1)?.why;
    const open = state.kind === 'halfOpen' ? 'half open' : 'open';
    const cause =
      `No call was made: the circuit breaker of ${target} is ${open} since ${date(state.since)}` +
      `${until === undefined ? '' : ` until ${date(until)}`}${why === undefined ? '' : ` (${why})`}. ` +
      `Retry later, or close it with 'knhk breakers reset' once ${target} works again.`;
    return { kind: 'refused', error: CIRCUIT_OPEN, cause };
  }

  /** Parked tasks must not all come back at the same moment, nor sleep too long to see that an operator has closed it. */
  #pause({ openSeconds }: BreakerPolicy, until: number | undefined): number {
    const { clock, ids } = this.#parts;
    const spread = Math.min(MOST_SPREAD_MS, Math.max(LEAST_SPREAD_MS, openSeconds * 1000));
    const left = until === undefined ? spread / 2 : Math.max(0, until - clock.now());
    return Math.ceil(Math.min(left, MAX_PAUSE_MS - spread) + (ids.random32() / 2 ** 32) * spread);
  }
}

function hasBeenMade({ kind }: CallEnd): boolean {
  return kind !== 'notCalled' && kind !== 'later' && kind !== 'fault';
}

function isSlow({ ms }: CallEnd, { slowCallSeconds }: BreakerPolicy): boolean {
  return slowCallSeconds !== undefined && ms > slowCallSeconds * 1000;
}

function date(at: number): string {
  return new Date(at).toISOString();
}
