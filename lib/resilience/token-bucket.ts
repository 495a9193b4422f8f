/**
 * A token bucket as data: a rate and a burst, and how much of the burst is missing at a time. Everything here is a function
 * of what it is given, so that any process can carry the bucket on.
 *
 * The algorithm is the continuous-state leaky bucket of ITU-T I.371 (Annex A), which is the same as its generic cell rate
 * algorithm (GCRA): the level is what is missing here, the increment is a token, the limit is the burst.
 */
export interface Rate {
  /** Tokens per second in the long run, MIN_RATE … MAX_RATE; may be below 1. */
  readonly rate: number;
  /** Tokens at once after a time in which none were taken: an integer, 1 … MAX_BURST. */
  readonly burst: number;
}

/** Serialisable. */
export interface Bucket {
  /** What it lacks to be full, at `at`. More than the burst: that much is reserved ahead. */
  readonly missing: number;
  /** The latest time that anybody has seen, ms since the epoch. */
  readonly at: number;
}

export type Taken =
  | { readonly isTaken: true; readonly bucket: Bucket }
  /** `waitMs`: as many could be taken so much later, if nobody takes any before; `Infinity`: never so many at once. */
  | { readonly isTaken: false; readonly waitMs: number };

/** About one a day. */
export const MIN_RATE = 0.000_01;
export const MAX_RATE = 1_000_000;
export const MAX_BURST = 1_000_000;

/** What sums of fractions are off by at most. */
const ROUNDING = 1e-6;

export function fullBucket(now: number): Bucket {
  return { missing: 0, at: now };
}

/** Without a clock that steps back refilling anything twice: until it has caught up, no time passes. */
export function refilled({ rate }: Rate, { missing, at }: Bucket, now: number): Bucket {
  return now <= at ? { missing, at } : { missing: Math.max(0, missing - ((now - at) * rate) / 1000), at: now };
}

/** Takes all of `n` tokens or none. @param n at least 0. */
export function take(rate: Rate, bucket: Bucket, n: number, now: number): Taken {
  const { missing, at } = refilled(rate, bucket, now);
  if (missing + n <= rate.burst + ROUNDING) return { isTaken: true, bucket: { missing: missing + n, at } };
  return { isTaken: false, waitMs: n > rate.burst ? Number.POSITIVE_INFINITY : waitFor(rate, { missing, at }, n, now) };
}

/** How many whole tokens could be taken now. */
export function available(rate: Rate, bucket: Bucket, now: number): number {
  return Math.max(0, Math.floor(rate.burst - refilled(rate, bucket, now).missing + ROUNDING));
}

/**
 * Takes a token ahead of its time, behind all that were reserved before.
 * @returns the bucket after that, and when the token is there: `now` or later, ms since the epoch.
 */
export function reserve(rate: Rate, bucket: Bucket, now: number): { readonly bucket: Bucket; readonly at: number } {
  const { missing, at } = refilled(rate, bucket, now);
  const isThere = missing + 1 <= rate.burst + ROUNDING;
  return { bucket: { missing: missing + 1, at }, at: isThere ? now : now + waitFor(rate, { missing, at }, 1, now) };
}

/** ms until the bucket is full, if nobody takes any. */
export function untilFull(rate: Rate, bucket: Bucket, now: number): number {
  const { missing, at } = refilled(rate, bucket, now);
  return Math.ceil(at - now + (missing * 1000) / rate.rate - ROUNDING);
}

/** Whole ms, so that whoever waits so long does not come too early. */
function waitFor(rate: Rate, { missing, at }: Bucket, n: number, now: number): number {
  return Math.max(1, Math.ceil(at - now + ((missing + n - rate.burst) * 1000) / rate.rate - ROUNDING));
}
