import type { RetriedCall, Retries } from '../../ports/retries.ts';
import { isThrottle, isTransient } from './unavailable.ts';

/** What the SDK says of an attempt that failed. */
interface FailedAttempt {
  readonly error?: unknown;
  readonly errorType: 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';
  readonly retryAfterHint?: Date;
}

/** The SDK's `RetryToken`. */
interface Token {
  getRetryCount(): number;
  getRetryDelay(): number;
}

/** One attempt of a call. The SDK counts attempts by it, which is how a put learns that an earlier one may have been done. */
class Attempt implements Token {
  readonly call: RetriedCall;
  readonly #retries: number;
  readonly #delayMs: number;

  constructor(call: RetriedCall, retries: number, delayMs: number) {
    this.call = call;
    this.#retries = retries;
    this.#delayMs = delayMs;
  }

  getRetryCount(): number {
    return this.#retries;
  }

  getRetryDelay(): number {
    return this.#delayMs;
  }
}

/**
 * The engine's retries in the place of the SDK's own. What is tried again: throttling, lost connections and answers,
 * errors of the server, transactions in each other's way. Not: conditions that failed, requests that are wrong, refusals.
 */
export function retryStrategy(retries: Retries) {
  return {
    acquireInitialRetryToken: async (): Promise<Token> => new Attempt(retries.begin(), 0, 0),
    refreshRetryTokenForRetry: async (token: Token, failed: FailedAttempt): Promise<Token> => {
      const { error, errorType, retryAfterHint } = failed;
      if (!(token instanceof Attempt) || !mayPass(error, errorType)) throw new Error('No further attempt.');
      const cause = errorType === 'THROTTLING' || isThrottle(error) ? 'throttled' : 'lost';
      const atLeastMs = retryAfterHint === undefined ? 0 : Math.max(0, retryAfterHint.getTime() - Date.now());
      const delayMs = token.call.failed(cause, atLeastMs);
      if (delayMs === undefined) throw new Error('No further attempt.');
      return new Attempt(token.call, token.getRetryCount() + 1, delayMs);
    },
    recordSuccess: () => {},
  };
}

/** What the SDK counts to these kinds and `isTransient` does not, such as a clock that was off, passes as well. */
function mayPass(error: unknown, kind: FailedAttempt['errorType']): boolean {
  return kind !== 'CLIENT_ERROR' || (error instanceof Error && isTransient(error));
}

/** Each request is sent once. */
export const never: Retries = { begin: () => ({ failed: () => undefined }) };
