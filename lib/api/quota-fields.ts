import { type Quota, RateExceeded } from './request-limiter.ts';

/**
 * `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-10: for each policy its quota `q` within a
 * window of `w` seconds, how much of it remains (`r`), and after how many seconds (`t`) all of it is there again. A token
 * bucket has no windows: its quota is the burst, and the window the time in which that fills again. And `Retry-After`,
 * RFC 9110, 10.2.3, for what is refused.
 */
export function quotaFields(quotas: readonly Quota[], error?: unknown): Readonly<Record<string, string>> {
  const shown = error instanceof RateExceeded ? error.quotas : quotas;
  if (shown.length === 0) return {};
  const policies = shown.map(({ kind, rate: { rate, burst } }) => `"${kind}";q=${burst};w=${Math.ceil(burst / rate)}`);
  const states = shown.map(({ kind, left, fullInMs }) => `"${kind}";r=${left};t=${Math.ceil(fullInMs / 1000)}`);
  return {
    'ratelimit-policy': policies.join(', '),
    ratelimit: states.join(', '),
    ...(error instanceof RateExceeded ? { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) } : {}),
  };
}
