import { type RetryRule, retryDelay } from '../model/retry.ts';

/**
 * When something that failed is tried again. The same for tasks, whose rule a definition gives, for the engine's own calls,
 * and for messages of the work queue.
 */
export interface RetryPolicy extends RetryRule {
  /** No attempt begins later than this after the first one; absent: only their number is limited. */
  readonly deadlineMs?: number;
}

export type Retry =
  | { readonly kind: 'retry'; readonly afterMs: number }
  /** No more: all attempts are used up, or the next one would begin too late. */
  | { readonly kind: 'giveUp'; readonly because: 'attempts' | 'deadline' };

export interface Tried {
  /** Retries so far, from 0. */
  readonly used: number;
  /** Since the first attempt began. */
  readonly elapsedMs: number;
  /** The delay is no shorter: what whoever failed has asked for. */
  readonly atLeastMs?: number;
}

/** What follows a failed attempt. @param fraction a random number, 0 … 1. */
export function nextRetry(policy: RetryPolicy, { used, elapsedMs, atLeastMs = 0 }: Tried, fraction: number): Retry {
  if (used >= policy.maxAttempts) return { kind: 'giveUp', because: 'attempts' };
  const afterMs = Math.max(retryDelay(policy, used, fraction), atLeastMs);
  const { deadlineMs = Number.POSITIVE_INFINITY } = policy;
  return elapsedMs + afterMs > deadlineMs ? { kind: 'giveUp', because: 'deadline' } : { kind: 'retry', afterMs };
}

/**
 * Calls of DynamoDB, SQS, S3 and the like: six attempts, some three seconds of throttling at most. The API has to answer
 * within 30 s: nothing is tried again after 15 s.
 */
export const callPolicy: RetryPolicy = {
  intervalSeconds: 0.1,
  backoffRate: 2,
  maxDelaySeconds: 2,
  maxAttempts: 5,
  jitter: 'FULL',
  deadlineMs: 15_000,
};

/** What logs do not take is kept for later, and nothing else should wait for it. */
export const logPolicy: RetryPolicy = { ...callPolicy, maxAttempts: 2 };

/**
 * Messages whose turn failed: ten deliveries within some 20 minutes. No jitter: what an outage sends back comes
 * back as spread as it was sent.
 */
export const queuePolicy: RetryPolicy = {
  intervalSeconds: 5,
  backoffRate: 2,
  maxDelaySeconds: 300,
  maxAttempts: 9,
  jitter: 'NONE',
};

/** The same on one machine, where a turn fails because of the disk or a defect, and nobody else has to be spared. */
export const localQueuePolicy: RetryPolicy = { ...queuePolicy, intervalSeconds: 0.2, maxDelaySeconds: 60 };

/** Deliveries of a message before it is given up. */
export function deliveriesOf({ maxAttempts }: RetryPolicy): number {
  return maxAttempts + 1;
}
