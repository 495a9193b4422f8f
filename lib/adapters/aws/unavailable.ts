import { StoreUnavailable } from '../../ports/event-store.ts';

/**
 * `StoreUnavailable` in place of what the SDK throws when a service did not answer, answered with a server's error, or
 * throttled for longer than the SDK retries; any other error as it is.
 */
export function unavailable(error: unknown, service: string): unknown {
  if (!(error instanceof Error) || !isTransient(error)) return error;
  return new StoreUnavailable(
    `${service} did not take the request (${error.name}: ${error.message}). Try again; whether a write happened is unknown.`,
    { cause: error },
  );
}

const THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Another request was in the way, or the service gave up waiting for this one. */
const PASSING = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const SERVER_ERROR = 500;

/** Whether the service refused because there were too many requests. */
export function isThrottle(error: unknown): boolean {
  return error instanceof Error && THROTTLES.has(error.name);
}

export function isTransient(error: Error): boolean {
  if (isThrottle(error) || PASSING.has(error.name)) return true;
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code)) return true;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return false;
  const status = 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === 'number' && status >= SERVER_ERROR;
}

/** How many times the SDK sent a request that failed in the end; more than one may have taken effect before it failed. */
export function attemptsOf(error: Error): number {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('attempts' in metadata)) return 1;
  return typeof metadata.attempts === 'number' ? metadata.attempts : 1;
}
