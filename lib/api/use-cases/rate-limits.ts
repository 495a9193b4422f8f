import type { ConfiguredLimit, RateLimits } from '../../execution/rates/rate-limits.ts';
import type { Page } from '../../ports/execution-index.ts';
import { problemOfName, problemOfRate, withBurst } from '../../resilience/rate-limit.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';

/** By name; those of the deployment are among them. @throws ApiError `notSupported` */
export async function listRateLimits(services: Services, limit: number, after = ''): Promise<Page<ConfiguredLimit>> {
  const left = (await limitsOf(services).list()).filter(({ name }) => name > after);
  const items = left.slice(0, limit);
  const last = items.at(-1);
  return left.length > limit && last !== undefined ? { items, next: last.name } : { items };
}

/** @throws ApiError `rateLimitNotFound`, `notSupported` */
export async function findRateLimit(services: Services, name: string): Promise<ConfiguredLimit> {
  const found = await limitsOf(services).get(name);
  if (found === undefined) throw notFound(name);
  return found;
}

/** @throws ApiError `rateLimitInvalid`, `notSupported` */
export async function putRateLimit(
  services: Services,
  name: string,
  wanted: { readonly rate: number; readonly burst?: number | undefined },
): Promise<ConfiguredLimit> {
  const limits = limitsOf(services);
  const rate = withBurst(wanted);
  const problem = problemOfName(name) ?? problemOfRate(rate);
  if (problem !== undefined) throw new ApiError('rateLimitInvalid', name, problem);
  await limits.put(name, rate);
  return { name, rate, isDefault: false };
}

/** The limit of the deployment is in force again, or none. @throws ApiError `rateLimitNotFound`, `notSupported` */
export async function deleteRateLimit(services: Services, name: string): Promise<void> {
  if (await limitsOf(services).delete(name)) return;
  throw notFound(name);
}

function limitsOf({ rates }: Services): RateLimits {
  if (rates !== undefined) return rates.limits;
  throw new ApiError('notSupported', 'rate limits', 'Configure the engine for rate limits: it has none.');
}

function notFound(name: string): ApiError {
  const message = `Look at the list of rate limits for the right name: "${name}" is not set.`;
  return new ApiError('rateLimitNotFound', name, message);
}
