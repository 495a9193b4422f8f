import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  available,
  type Bucket,
  fullBucket,
  type Rate,
  refilled,
  reserve,
  take,
  untilFull,
} from '../../lib/resilience/token-bucket.ts';

const rates: fc.Arbitrary<Rate> = fc.record({
  rate: fc.oneof(
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 99 }).map((n) => n / 100),
  ),
  burst: fc.integer({ min: 1, max: 20 }),
});

const steps = fc.array(fc.record({ pause: fc.integer({ min: 0, max: 3_000 }), n: fc.integer({ min: 1, max: 6 }) }), {
  minLength: 1,
  maxLength: 60,
});

interface Take {
  readonly at: number;
  readonly n: number;
}

/** Remembers every token: no window that ends now may have more than the burst and what the rate gives in that time. */
function allows({ rate, burst }: Rate, taken: readonly Take[], n: number, now: number): boolean {
  let sum = n;
  if (sum > burst + 1e-6) return false;
  for (const { at, n: more } of taken.toReversed()) {
    sum += more;
    if (sum > burst + ((now - at) * rate) / 1000 + 1e-6) return false;
  }
  return true;
}

describe('a token bucket', () => {
  it('takes exactly what no window forbids', () => {
    fc.assert(
      fc.property(rates, steps, (rate, run) => {
        let now = 1_700_000_000_000;
        let bucket = fullBucket(now);
        const taken: Take[] = [];
        for (const { pause, n } of run) {
          now += pause;
          const answer = take(rate, bucket, n, now);
          expect(answer.isTaken).toBe(allows(rate, taken, n, now));
          expect(available(rate, bucket, now) >= n).toBe(answer.isTaken);
          if (!answer.isTaken) continue;
          bucket = answer.bucket;
          taken.push({ at: now, n });
        }
      }),
    );
  });

  it('tells the first millisecond at which it could be taken', () => {
    fc.assert(
      fc.property(rates, steps, (rate, run) => {
        let now = 1_700_000_000_000;
        let bucket = fullBucket(now);
        for (const { pause, n } of run) {
          now += pause;
          const answer = take(rate, bucket, n, now);
          if (answer.isTaken) {
            bucket = answer.bucket;
          } else if (n > rate.burst) {
            expect(answer.waitMs).toBe(Number.POSITIVE_INFINITY);
          } else {
            expect(take(rate, bucket, n, now + answer.waitMs).isTaken).toBe(true);
            expect(take(rate, bucket, n, now + answer.waitMs - 1).isTaken).toBe(false);
          }
        }
      }),
    );
  });

  it('neither gives nor takes anything for a clock that steps back', () => {
    fc.assert(
      fc.property(rates, steps, fc.integer({ min: 1, max: 1_000_000 }), (rate, run, back) => {
        let now = 1_700_000_000_000;
        let bucket = fullBucket(now);
        for (const { pause, n } of run) {
          now += pause;
          const there = take(rate, bucket, n, now);
          bucket = there.isTaken ? there.bucket : refilled(rate, bucket, now);
          expect(refilled(rate, bucket, now - back)).toEqual(bucket);
          const answer = take(rate, bucket, n, now - back);
          expect(answer.isTaken).toBe(take(rate, bucket, n, now).isTaken);
          if (answer.isTaken) expect(answer.bucket.at).toBe(bucket.at);
        }
      }),
    );
  });

  it('reserves in order, at times that keep the rate, and a token for each as soon as it can be there', () => {
    fc.assert(
      fc.property(rates, steps, (rate, run) => {
        let now = 1_700_000_000_000;
        let bucket: Bucket = fullBucket(now);
        const times: Take[] = [];
        for (const { pause } of run) {
          now += pause;
          const answer = reserve(rate, bucket, now);
          bucket = answer.bucket;
          expect(answer.at).toBeGreaterThanOrEqual(times.at(-1)?.at ?? now);
          times.push({ at: answer.at, n: 1 });
          for (const [i, first] of times.entries()) {
            // Times are whole milliseconds, each late by less than one.
            const most = rate.burst + ((answer.at + 1 - first.at) * rate.rate) / 1000 + 1e-6;
            expect(times.length - i).toBeLessThanOrEqual(most);
          }
        }
        expect(refilled(rate, bucket, now + untilFull(rate, bucket, now)).missing).toBeLessThan(1e-3);
      }),
    );
  });
});
