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
 * did not use is lost, never more than it has used since its lease before.
 */
export class LeasedBucket {
  readonly #parts: LeasedBucketParts;
  #lease = { left: 0, size: 0, until: Number.NEGATIVE_INFINITY };
  /** No token is there before, ms since the epoch. */
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
    if (this.#lease.left > 0 && now < this.#lease.until) {
      this.#lease.left -= 1;
      return this.#draw(true, now);
    }
    if (now < this.#emptyUntil) return this.#draw(false, now);
    return new Promise((tell, fail) => {
      this.#waiting.push({ tell, fail });
      if (this.#waiting.length === 1) void this.#fetch(rate);
    });
  }

  #begin(rate: Rate): void {
    this.#rate = rate;
    this.#emptyUntil = Number.NEGATIVE_INFINITY;
    this.#lease = { left: 0, size: 0, until: Number.NEGATIVE_INFINITY };
  }

  /** Never rejects: those who asked are told. */
  async #fetch(rate: Rate): Promise<void> {
    const { record, isShared } = this.#parts;
    const { forMs, most } = isShared ? leaseOf(rate) : { forMs: 0, most: 0 };
    const kept = { rate: rate.rate, burst: rate.burst - (forMs * rate.rate) / 1000 };
    const { left, size, until } = this.#lease;
    const isUsedUp = left === 0 && this.#parts.clock.now() < until;
    const wanted = Math.min(most, isUsedUp ? size * 2 : size - left);
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
      this.#lease = { left: got.count - served.length, size: Math.min(got.count, most), until: got.now + forMs };
      this.#leftShared = got.left;
      this.#fullAt = got.now + got.fullMs;
      this.#emptyUntil = got.now + got.emptyMs;
      for (const { tell } of served) tell(this.#draw(true, got.now));
      if (got.emptyMs > 0) for (const { tell } of this.#waiting.splice(0)) tell(this.#draw(false, got.now));
    } catch (error) {
      for (const { fail } of this.#waiting.splice(0)) fail(error);
    }
    // Who came after the tokens were counted.
    if (this.#waiting.length > 0) void this.#fetch(rate);
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
function leaseOf({ rate, burst }: Rate): { readonly forMs: number; readonly most: number } {
  const forMs = Math.min(LONGEST_LEASE_MS, (burst * BURST_SHARE * 1000) / rate);
  const most = Math.floor((forMs * rate) / 1000);
  return rate < LEAST_LEASED_RATE || most < 2 ? { forMs: 0, most: 0 } : { forMs, most };
}
