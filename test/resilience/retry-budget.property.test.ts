import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallRetries, type RetryOutcome } from '../../lib/resilience/call-retries.ts';
import { type BudgetPolicy, callBudget } from '../../lib/resilience/retry-budget.ts';
import { callPolicy, type RetryPolicy } from '../../lib/resilience/retry-policy.ts';

const anyBudget = (): fc.Arbitrary<BudgetPolicy> =>
  fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), reserve: fc.integer({ min: 1, max: 50 }) });

const patient: RetryPolicy = { ...callPolicy, deadlineMs: Number.POSITIVE_INFINITY };

/** Calls that fail so often before they are answered, one after the other; gives the attempts of each. */
function attempts(budget: BudgetPolicy, failures: readonly number[], policy = patient) {
  const outcomes: RetryOutcome[] = [];
  const onOutcome = (outcome: RetryOutcome) => outcomes.push(outcome);
  const retries = new CallRetries({ policy, budget, now: () => 0, random: () => 0.5, onOutcome });
  const made = failures.map((count) => {
    const call = retries.begin();
    for (let failed = 1; failed <= count; failed += 1) if (call.failed('lost', 0) === undefined) return failed;
    return count + 1;
  });
  return { made, total: made.reduce((sum, each) => sum + each, 0), outcomes };
}

const ALWAYS = 1_000;

describe('a retry budget', () => {
  test('keeps retries to its share while everything fails', () => {
    fc.assert(
      fc.property(anyBudget(), fc.nat({ max: 300 }), fc.nat({ max: 8 }), (budget, calls, maxAttempts) => {
        const failing = Array.from({ length: calls }, () => ALWAYS);
        const { total } = attempts(budget, failing, { ...patient, maxAttempts });
        expect(total).toBeLessThanOrEqual(calls * (1 + budget.share) + budget.reserve + 1e-6);
      }),
    );
  });

  test('keeps them so in every stretch of calls, whatever fails', () => {
    const failures = fc.array(fc.nat({ max: 7 }), { maxLength: 120 });
    fc.assert(
      fc.property(anyBudget(), failures, fc.nat(), fc.nat(), (budget, all, a, b) => {
        const { made } = attempts(budget, all);
        const [from, to] = [Math.min(a, b), Math.max(a, b)].map((at) => at % (all.length + 1));
        const stretch = made.slice(from, to);
        const retried = stretch.reduce((sum, each) => sum + each - 1, 0);
        expect(retried).toBeLessThanOrEqual(stretch.length * budget.share + budget.reserve + 1e-6);
      }),
    );
  });

  test('retries every failure while they are within the share', () => {
    const failures = fc.array(fc.nat({ max: 5 }), { maxLength: 200 });
    // Sums of these shares are exact.
    const share = fc.constantFrom(0, 0.125, 0.25, 0.5, 1);
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 50 }), failures, (share, reserve, all) => {
        let bucket = reserve;
        const affordable = all.map((wanted) => {
          bucket = Math.min(reserve, bucket + share);
          const count = Math.min(wanted, Math.floor(bucket));
          bucket -= count;
          return count;
        });
        const { made } = attempts({ share, reserve }, affordable);
        expect(made).toEqual(affordable.map((count) => count + 1));
      }),
    );
  });

  test('lets one call in ten fail twice, for ever', () => {
    const all = Array.from({ length: 5_000 }, (_, i) => (i % 10 === 0 ? 2 : 0));
    expect(attempts(callBudget, all).outcomes).not.toContain('budget');
  });

  test('sees a service that is down through with a fifth more', () => {
    const { total, outcomes } = attempts(
      callBudget,
      Array.from({ length: 10_000 }, () => ALWAYS),
    );
    expect(total).toBeLessThanOrEqual(10_000 * 1.2 + 100);
    expect(total).toBeGreaterThan(10_000 * 1.2 + 90);
    expect(outcomes).toContain('budget');
  });

  test('is used by calls at the same time', () => {
    const retries = new CallRetries({ budget: { share: 0, reserve: 1 }, now: () => 0, random: () => 1 });
    const [one, other] = [retries.begin(), retries.begin()];
    expect([one.failed('lost', 0), other.failed('lost', 0)]).toEqual([100, undefined]);
  });
});
