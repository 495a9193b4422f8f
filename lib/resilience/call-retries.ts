import type { Clock, Ids } from '../ports/clock.ts';
import type { Meter } from '../ports/metrics.ts';
import type { RetriedCall, Retries, RetryCause } from '../ports/retries.ts';
import { type Budget, type BudgetPolicy, callBudget, deposit, fullBudget, withdraw } from './retry-budget.ts';
import { callPolicy, logPolicy, nextRetry, type RetryPolicy } from './retry-policy.ts';

/** `retried`: another attempt is made. Otherwise the caller is told of the failure, because of this. */
export type RetryOutcome = 'retried' | 'attempts' | 'deadline' | 'budget';

export interface CallRetriesOptions {
  readonly policy?: RetryPolicy;
  readonly budget?: BudgetPolicy;
  /** ms; only differences count. */
  readonly now: () => number;
  /** 0 … 1. */
  readonly random: () => number;
  readonly onOutcome?: (outcome: RetryOutcome, cause: RetryCause) => void;
}

/** The engine's own calls of one service in this process: a policy for each call, a budget for all of them. */
export class CallRetries implements Retries {
  readonly #options: CallRetriesOptions;
  readonly #policy: RetryPolicy;
  readonly #budgetPolicy: BudgetPolicy;
  #budget: Budget;

  constructor(options: CallRetriesOptions) {
    this.#options = options;
    this.#policy = options.policy ?? callPolicy;
    this.#budgetPolicy = options.budget ?? callBudget;
    this.#budget = fullBudget(this.#budgetPolicy);
  }

  begin(): RetriedCall {
    this.#budget = deposit(this.#budgetPolicy, this.#budget);
    const began = this.#options.now();
    let used = 0;
    return {
      failed: (cause, atLeastMs) => {
        const tried = { used, elapsedMs: this.#options.now() - began, atLeastMs };
        const { outcome, afterMs } = this.#decide(tried);
        this.#options.onOutcome?.(outcome, cause);
        if (outcome === 'retried') used += 1;
        return afterMs;
      },
    };
  }

  #decide(tried: Parameters<typeof nextRetry>[1]): { readonly outcome: RetryOutcome; readonly afterMs?: number } {
    const retry = nextRetry(this.#policy, tried, this.#options.random());
    if (retry.kind === 'giveUp') return { outcome: retry.because };
    const left = withdraw(this.#budget);
    if (left === undefined) return { outcome: 'budget' };
    this.#budget = left;
    return { outcome: 'retried', afterMs: retry.afterMs };
  }
}

const RANGE_OF_RANDOM32 = 2 ** 32;

/** For each service a budget of its own, and the figures of it. Logs are tried less often. */
export function callRetries(clock: Clock, ids: Ids, meter: Meter | undefined): (service: string) => Retries {
  return (service) =>
    new CallRetries({
      policy: service === 'logs' ? logPolicy : callPolicy,
      now: () => clock.now(),
      random: () => ids.random32() / RANGE_OF_RANDOM32,
      ...(meter && { onOutcome: (outcome) => meter.count('knhk_call_retries_total', { service, outcome }) }),
    });
}
