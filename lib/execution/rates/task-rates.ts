import { createHash } from 'node:crypto';
import type { TaskAssignment } from '../../model/effect.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type Bucket, type Rate, reserve, take } from '../../resilience/token-bucket.ts';
import type { Admission, TaskCall, TaskGate } from '../gates.ts';
import type { RateLimits } from './rate-limits.ts';
import { RecordContended } from './shared-record.ts';
import type { BucketChange, BucketRecord, StoredBucket } from './stored-bucket.ts';
import { Turns } from './turns.ts';

export interface TaskRatesParts {
  readonly limits: RateLimits;
  readonly recordOf: (limit: string) => BucketRecord;
  /** Where turns are kept for other processes. Absent: there are none. */
  readonly turnStore?: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
}

const ADMITTED: Admission = { kind: 'admitted' };
/** Turns are given out so far ahead at most; who comes then is asked to come again when that time is over. */
const HORIZON_MS = 900_000;
/** Who waits longer than this looks in between whether the limit has been changed, ms. */
const LOOK_EVERY_MS = 60_000;
/** How long after a moment of contention a task asks again, ms: at least half of it. */
const CONTENDED_MS = 400;

/**
 * Holds calls of tasks back that come faster than the limit of what they call allows.
 *
 * Tokens are taken one by one, by compare-and-set: in any window of `t` seconds at most `burst + rate × t` calls are made, by
 * all processes together, whenever the ones that were held back come again. Those are given turns in the order in which they
 * asked, each the time at which there is a token for it if everybody comes in time: whoever asks later waits behind them, and
 * who has a turn takes a token before. So a task that is held back asks once more, and not each time that a token is there.
 * Where the limit is changed meanwhile, those who wait are given new turns within a minute.
 * One that would end by its timeout before its turn gets none, and so delays nobody.
 */
export class TaskRates implements TaskGate {
  readonly #parts: TaskRatesParts;
  readonly #turns: Turns;
  readonly #records = new Map<string, BucketRecord>();

  constructor(parts: TaskRatesParts) {
    this.#parts = parts;
    const { turnStore: store } = parts;
    this.#turns = new Turns({ ...parts, ...(store === undefined ? {} : { store }) });
  }

  admit(call: TaskCall): Admission | Promise<Admission> {
    const { limits } = this.#parts;
    if (!limits.isKnown) return limits.load().then(() => this.#admit(call));
    return this.#admit(call);
  }

  #admit({ task, target }: TaskCall): Admission | Promise<Admission> {
    const rate = this.#parts.limits.of({ kind: 'target', of: target });
    return rate === undefined ? ADMITTED : this.#ask(task, target, rate);
  }

  async #ask(task: TaskAssignment, target: string, rate: Rate): Promise<Admission> {
    const record = this.#recordOf(target);
    const turn = turnOf(task);
    try {
      const known = this.#turns.known(target, turn);
      const isInTurn = known !== undefined && isSame(known.by, rate);
      if (!isInTurn && (await record.change(pass(rate)))) return ADMITTED;
      const given = known ?? (await this.#turns.find(target, turn));
      if (given === undefined || !isSame(given.by, rate)) return await this.#giveTurn(record, task, target, rate);
      return await this.#takeTurn(record, { target, turn, at: given.at }, rate);
    } catch (error) {
      if (!(error instanceof RecordContended)) throw error;
      const half = CONTENDED_MS / 2;
      return { kind: 'later', afterMs: half + (this.#parts.ids.random32() % half) };
    }
  }

  async #giveTurn(record: BucketRecord, task: TaskAssignment, target: string, rate: Rate): Promise<Admission> {
    const latest = Math.min(this.#parts.clock.now() + HORIZON_MS, task.timeoutAt ?? Number.POSITIVE_INFINITY);
    const given = await record.change(queue(rate, latest));
    this.#parts.telemetry.meter?.count('knhk_rate_limited_total', { kind: 'target' });
    if (given.isQueued) await this.#turns.keep(target, turnOf(task), { at: given.at, by: rate });
    return later(given.at - this.#parts.clock.now());
  }

  async #takeTurn(
    record: BucketRecord,
    { target, turn, at }: { readonly target: string; readonly turn: string; readonly at: number },
    rate: Rate,
  ): Promise<Admission> {
    const early = at - this.#parts.clock.now();
    if (early > 0) return later(early);
    const waitMs = await record.change(takeOne(rate));
    if (waitMs > 0) return later(waitMs);
    this.#turns.drop(target, turn);
    return ADMITTED;
  }

  #recordOf(target: string): BucketRecord {
    let record = this.#records.get(target);
    if (record === undefined) {
      record = this.#parts.recordOf(`target:${target}`);
      this.#records.set(target, record);
    }
    return record;
  }
}

function later(ms: number): Admission {
  return { kind: 'later', afterMs: Math.min(LOOK_EVERY_MS, Math.max(1, ms)) };
}

function isSame(one: Rate, other: Rate): boolean {
  return one.rate === other.rate && one.burst === other.burst;
}

/** By another limit nobody has been promised anything. */
function lineOf({ tokens, line, by }: StoredBucket, rate: Rate): Bucket {
  return by !== undefined && isSame(by, rate) ? line : tokens;
}

/** Takes a token where nobody waits for it. */
function pass(rate: Rate): BucketChange<boolean> {
  return (bucket, now) => {
    const place = take(rate, lineOf(bucket, rate), 1, now);
    const token = take(rate, bucket.tokens, 1, now);
    if (!place.isTaken || !token.isTaken) return { answer: false };
    return { next: { tokens: token.bucket, line: place.bucket, by: rate }, answer: true };
  };
}

/** @param latest later turns are not given out: `at` is that time then. */
function queue(rate: Rate, latest: number): BucketChange<{ readonly isQueued: boolean; readonly at: number }> {
  return (bucket, now) => {
    const place = reserve(rate, lineOf(bucket, rate), now);
    const token = take(rate, bucket.tokens, 1, now);
    const at = Math.max(place.at, token.isTaken ? now : now + token.waitMs);
    if (at > latest) return { answer: { isQueued: false, at: latest } };
    return { next: { ...bucket, line: place.bucket, by: rate }, answer: { isQueued: true, at } };
  };
}

/** ms until there is a token; 0: it was taken. */
function takeOne(rate: Rate): BucketChange<number> {
  return (bucket, now) => {
    const token = take(rate, bucket.tokens, 1, now);
    return token.isTaken ? { next: { ...bucket, tokens: token.bucket }, answer: 0 } : { answer: token.waitMs };
  };
}

/** Short, as there may be many. */
function turnOf({ execution, activation, attempt }: TaskAssignment): string {
  return createHash('sha256').update(`${execution} ${activation} ${attempt}`).digest('base64url').slice(0, 22);
}
