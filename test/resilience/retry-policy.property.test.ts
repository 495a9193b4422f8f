import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DELIVERIES } from '../../functions/environment.ts';
import { deliveriesOf, nextRetry, queuePolicy, type RetryPolicy } from '../../lib/resilience/retry-policy.ts';

const anyPolicy = (): fc.Arbitrary<RetryPolicy> =>
  fc.record(
    {
      intervalSeconds: fc.double({ min: 0.01, max: 600, noNaN: true }),
      backoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelaySeconds: fc.double({ min: 0.01, max: 900, noNaN: true }),
      maxAttempts: fc.nat({ max: 30 }),
      jitter: fc.constantFrom('FULL' as const, 'NONE' as const),
      deadlineMs: fc.nat({ max: 100_000 }),
    },
    { requiredKeys: ['intervalSeconds', 'backoffRate', 'maxAttempts', 'jitter'] },
  );

const fraction = () => fc.double({ min: 0, max: 1, noNaN: true });

/** What fails at once and always, until it is given up: the delays. */
function delaysOf(policy: RetryPolicy, fractions: readonly number[], atLeastMs = 0): readonly number[] {
  const delays: number[] = [];
  for (let elapsedMs = 0; ; elapsedMs += delays.at(-1) ?? 0) {
    const tried = { used: delays.length, elapsedMs, atLeastMs };
    const next = nextRetry(policy, tried, fractions[delays.length % fractions.length] ?? 0);
    if (next.kind === 'giveUp') return delays;
    delays.push(next.afterMs);
  }
}

const fractions = () => fc.array(fraction(), { minLength: 1, maxLength: 5 });

describe('a retry policy', () => {
  test('ends, within its attempts and its deadline', () => {
    fc.assert(
      fc.property(anyPolicy(), fractions(), fc.nat({ max: 5_000 }), (policy, random, atLeastMs) => {
        const delays = delaysOf(policy, random, atLeastMs);
        expect(delays.length).toBeLessThanOrEqual(policy.maxAttempts);
        const total = delays.reduce((sum, delay) => sum + delay, 0);
        expect(total).toBeLessThanOrEqual(policy.deadlineMs ?? Number.POSITIVE_INFINITY);
        for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(atLeastMs);
      }),
    );
  });

  test('waits no longer than its longest delay, and with full jitter no longer than without', () => {
    fc.assert(
      fc.property(anyPolicy(), fc.nat({ max: 2_000 }), fraction(), (policy, used, random) => {
        const rule = { ...policy, maxAttempts: used + 1, deadlineMs: Number.POSITIVE_INFINITY };
        const delay = (jitter: 'FULL' | 'NONE') => {
          const next = nextRetry({ ...rule, jitter }, { used, elapsedMs: 0 }, random);
          return next.kind === 'retry' ? next.afterMs : Number.NaN;
        };
        expect(delay('FULL')).toBeLessThanOrEqual(delay('NONE'));
        expect(delay('NONE')).toBeLessThanOrEqual((policy.maxDelaySeconds ?? 99_999_999) * 1000 + 1);
      }),
    );
  });

  test('brings a message of the work queue ten times, within half an hour', () => {
    // The queue itself gives a message up after as many deliveries.
    expect(deliveriesOf(queuePolicy)).toBe(MAX_DELIVERIES);
    expect(delaysOf(queuePolicy, [0]).map((ms) => ms / 1000)).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });
});
