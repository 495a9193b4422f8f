import type { Clock } from '../../ports/clock.ts';
import { available, type Rate, take, untilFull } from '../../resilience/token-bucket.ts';
import type { BucketRecord } from './stored-bucket.ts';

/** What became of a token that was asked for. */
export interface Draw {
  readonly isTaken: boolean;
  /** Where it was not: as much later there may be one, ms. */
  readonly waitMs: number;
  /** Tokens that are left, as far as this process knows. */
  readonly left: number;
  /** ms until all of the burst is there again, if nobody takes any. */
  readonly fullInMs: number;
}

export interface LeasedBucketParts {
  readonly record: BucketRecord;
  readonly clock: Clock;
  /** There are other processes that take from the record. */
  readonly isShared: boolean;
}

/** Slower limits are not worth leases. */
const LEAST_LEASED_RATE = 10;
const LONGEST_LEASE_MS = 250;
const BURST_SHARE = 1 / 8;

/**
 * A limit that is asked for each request. Where several processes share it, each takes some tokens at a time out of the
 * shared bucket, as many as it has used lately, and holds them for a moment: a lease.
 *
 * What holds, for limits of at least 10 a second and processes whose clocks agree: in any window of `t` seconds all processes
 * together take at most `burst + rate × t`. For that, as much as could be leased from before the window, an eighth of the
 * burst at most, is kept back of the burst that the bucket gives at once. Slower limits are taken one by one, with all of
 * the burst. A process whose clock is ahead by `d` seconds gives everybody `rate × d` more, once. What a process leased and
 * did not use is lost, never more than it was asked for in the time of a lease; and one that found too few waits for as many
 * as it was asked for, a quarter of a second at most, before it looks again.
 */
export class LeasedBucket {
  readonly #parts: LeasedBucketParts;
  #lease = NO_LEASE;
  /** Requests in the time of a lease, and in the one before. */
  #asked = { now: 0, before: 0, since: Number.NEGATIVE_INFINITY };
  /** It is not looked at before, ms since the epoch. */
  #emptyUntil = Number.NEGATIVE_INFINITY;
  #fullAt = Number.NEGATIVE_INFINITY;
  #leftShared = 0;
  #rate: Rate | undefined;
  readonly #waiting: { readonly tell: (draw: Draw) => void; readonly fail: (error: unknown) => void }[] = [];

  constructor(parts: LeasedBucketParts) {
    this.#parts = parts;
  }

  /** Rejects with what the record rejects with. */
  async take(rate: Rate): Promise<Draw> {
    const now = this.#parts.clock.now();
    if (this.#rate?.rate !== rate.rate || this.#rate.burst !== rate.burst) this.#begin(rate);
    const { forMs, most } = this.#parts.isShared ? leaseOf(rate) : NO_LEASES;
    this.#count(forMs, now);
    const { left, until } = this.#lease;
    if (left > 0 && now < until) {
      this.#lease = { left: left - 1, until };
      return this.#draw(true, now);
    }
    if (now < this.#emptyUntil) return this.#draw(false, now);
    return new Promise((tell, fail) => {
      this.#waiting.push({ tell, fail });
      if (this.#waiting.length === 1) void this.#fetch(rate, { forMs, most });
    });
  }

  #begin(rate: Rate): void {
    this.#rate = rate;
    this.#emptyUntil = Number.NEGATIVE_INFINITY;
    this.#lease = NO_LEASE;
  }

  /** Never rejects: those who asked are told. */
  async #fetch(rate: Rate, { forMs, most }: Leases): Promise<void> {
    const { record } = this.#parts;
    const kept = { rate: rate.rate, burst: rate.burst - (forMs * rate.rate) / 1000 };
    const wanted = Math.min(most, Math.max(this.#asked.now, this.#asked.before));
    try {
      const got = await record.change((bucket, now) => {
        const free = available(kept, bucket.tokens, now);
        const count = Math.min(free, Math.max(this.#waiting.length, wanted));
        const taken = take(kept, bucket.tokens, count, now);
        const tokens = taken.isTaken ? taken.bucket : bucket.tokens;
        const next = take(kept, tokens, 1, now);
        const answer = {
          count,
          now,
          left: free - count,
          emptyMs: next.isTaken ? 0 : next.waitMs,
          fullMs: untilFull(rate, tokens, now),
        };
        return count === 0 ? { answer } : { next: { ...bucket, tokens }, answer };
      });
      const served = this.#waiting.splice(0, got.count);
      this.#lease = { left: got.count - served.length, until: got.now + forMs };
      this.#leftShared = got.left;
      this.#fullAt = got.now + got.fullMs;
      // Where tokens are rare, each look shall find some.
      const pauseMs = got.emptyMs === 0 ? 0 : Math.max(got.emptyMs, Math.floor((wanted * 1000) / rate.rate));
      this.#emptyUntil = got.now + pauseMs;
      for (const { tell } of served) tell(this.#draw(true, got.now));
      if (got.emptyMs > 0) for (const { tell } of this.#waiting.splice(0)) tell(this.#draw(false, got.now));
    } catch (error) {
      for (const { fail } of this.#waiting.splice(0)) fail(error);
    }
    // Who came after the tokens were counted.
    if (this.#waiting.length > 0) void this.#fetch(rate, { forMs, most });
  }

  #count(forMs: number, now: number): void {
    const age = now - this.#asked.since;
    if (age >= forMs) this.#asked = { now: 0, before: age < 2 * forMs ? this.#asked.now : 0, since: now };
    this.#asked.now += 1;
  }

  #draw(isTaken: boolean, now: number): Draw {
    return {
      isTaken,
      waitMs: isTaken ? 0 : Math.max(1, this.#emptyUntil - now),
      left: isTaken ? this.#lease.left + this.#leftShared : 0,
      fullInMs: Math.max(0, this.#fullAt - now),
    };
  }
}

/** How long tokens may be held, and how many. */
interface Leases {
  readonly forMs: number;
  readonly most: number;
}

const NO_LEASES: Leases = { forMs: 0, most: 0 };
const NO_LEASE = { left: 0, until: Number.NEGATIVE_INFINITY };

function leaseOf({ rate, burst }: Rate): Leases {
  const forMs = Math.min(LONGEST_LEASE_MS, (burst * BURST_SHARE * 1000) / rate);
  const most = Math.floor((forMs * rate) / 1000);
  return rate < LEAST_LEASED_RATE || most < 2 ? NO_LEASES : { forMs, most };
}
