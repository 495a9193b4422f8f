/**
 * Limits retries to a share of the calls: where everything fails, a service that is down sees little more than it would
 * without retries, however many callers there are; where little fails, every failure is retried.
 *
 * Each call puts `share` of a retry into the bucket, each retry takes one out. The same idea as Finagle's `RetryBudget`
 * (https://twitter.github.io/finagle/guide/Clients.html#retries) and the token bucket of the AWS SDKs' standard mode
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
 */
export interface BudgetPolicy {
  /** Retries per call in the long run, 0 … 1. */
  readonly share: number;
  /** Retries that a process which has just started may make, and that calls without failures may save up. At least 1. */
  readonly reserve: number;
}

/** Serialisable; `retries` is 0 … `reserve`. */
export interface Budget {
  readonly retries: number;
}

export function fullBudget({ reserve }: BudgetPolicy): Budget {
  return { retries: reserve };
}

/** A call, whatever becomes of it. */
export function deposit({ share, reserve }: BudgetPolicy, { retries }: Budget): Budget {
  return { retries: Math.min(reserve, retries + share) };
}

/** What is left after one retry; `undefined`: there may be none. */
export function withdraw({ retries }: Budget): Budget | undefined {
  return retries < 1 ? undefined : { retries: retries - 1 };
}

/** A fifth more load on what is down, and enough in hand for some twenty calls that fail at once. */
export const callBudget: BudgetPolicy = { share: 0.2, reserve: 100 };
