/** When something that failed is tried again: the rule of ASL's retriers, which the engine uses for its own calls and messages as well. */
export interface RetryRule {
  readonly intervalSeconds: number;
  /** Retries after the first attempt; 0 means never. */
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  /** `FULL`: the delay is drawn evenly from 0 … the computed delay. */
  readonly jitter: 'FULL' | 'NONE';
}

/** More than three years: the largest number of seconds that ASL knows. */
const LONGEST_SECONDS = 99_999_999;

/**
 * Delay before retry number `used + 1`, ms: IntervalSeconds × BackoffRate^used, at most MaxDelaySeconds, with full jitter
 * if asked for (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter).
 *
 * @param fraction a random number, 0 … 1.
 */
export function retryDelay(rule: Omit<RetryRule, 'maxAttempts'>, used: number, fraction: number): number {
  const backedOff = rule.intervalSeconds * rule.backoffRate ** used;
  const seconds = Math.min(backedOff, rule.maxDelaySeconds ?? Number.POSITIVE_INFINITY, LONGEST_SECONDS);
  return Math.round(seconds * 1000 * (rule.jitter === 'FULL' ? fraction : 1));
}
