import { LeasedBucket } from '../execution/rates/leased-bucket.ts';
import type { RateLimits } from '../execution/rates/rate-limits.ts';
import type { BucketRecord } from '../execution/rates/stored-bucket.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { formatLimitName, type LimitKind, type LimitName } from '../resilience/rate-limit.ts';
import type { Rate } from '../resilience/token-bucket.ts';
import type { Principal } from './auth/principal.ts';
import { ApiError } from './errors.ts';

export interface RequestLimiterParts {
  readonly limits: RateLimits;
  readonly recordOf: (limit: string) => BucketRecord;
  /** Other processes answer requests, too. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How a limit stands after a request. */
export interface Quota {
  readonly kind: LimitKind;
  readonly rate: Rate;
  /** Tokens that are left, as far as this process knows. */
  readonly left: number;
  /** ms until the burst is there again, if nobody takes any. */
  readonly fullInMs: number;
}

/** The caller, or the tenant, has used up its tokens for now. */
export class RateExceeded extends ApiError {
  /** There may be a token so much later, ms. */
  readonly retryAfterMs: number;
  readonly quotas: readonly Quota[];

  constructor({ kind, of }: LimitName, retryAfterMs: number, quotas: readonly Quota[]) {
    const seconds = Math.ceil(retryAfterMs / 1000);
    const message = `Try again in ${seconds} s: the rate limit of ${kind} "${of}" is used up.`;
    super('rateExceeded', kind, message);
    this.retryAfterMs = retryAfterMs;
    this.quotas = quotas;
  }
}

/** Buckets that are kept in memory, those used last. */
const MAX_BUCKETS = 10_000;

/** Takes a token of each limit that a request falls under. A limit that cannot be looked at refuses nobody. */
export class RequestLimiter {
  readonly #parts: RequestLimiterParts;
  readonly #buckets = new Map<string, LeasedBucket>();

  constructor(parts: RequestLimiterParts) {
    this.#parts = parts;
  }

  /**
   * A request counts for every limit that was asked before the one that refuses it: the caller's, then the tenant's.
   * @param tenant whose the request is about. @throws RateExceeded
   */
  async admit(principal: Principal | undefined, tenant: string | undefined): Promise<readonly Quota[]> {
    const { limits, telemetry } = this.#parts;
    if (principal?.kind === 'process') return [];
    if (!limits.isKnown) await limits.load();
    const quotas: Quota[] = [];
    for (const name of [callerOf(principal), tenantName(tenant)]) {
      const rate = name === undefined ? undefined : limits.of(name);
      if (name === undefined || rate === undefined) continue;
      const draw = await this.#bucket(name)
        .take(rate)
        .catch((error: unknown) => {
          telemetry.log('warn', 'A rate limit could not be looked at; the request goes on.', { limit: name, error });
        });
      if (draw === undefined) continue;
      quotas.push({ kind: name.kind, rate, left: draw.left, fullInMs: draw.fullInMs });
      if (draw.isTaken) continue;
      telemetry.meter?.count('knhk_rate_limited_total', { kind: name.kind });
      throw new RateExceeded(name, draw.waitMs, quotas);
    }
    return quotas;
  }

  #bucket(limit: LimitName): LeasedBucket {
    const name = formatLimitName(limit);
    const { recordOf, clock, isShared } = this.#parts;
    const bucket = this.#buckets.get(name) ?? new LeasedBucket({ record: recordOf(name), clock, isShared });
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}

function callerOf(principal: Principal | undefined): LimitName | undefined {
  if (principal === undefined) return undefined;
  const { kind, subject: of } = principal;
  return { kind: kind === 'apiKey' || kind === 'accessKey' ? 'key' : 'principal', of };
}

function tenantName(of: string | undefined): LimitName | undefined {
  return of === undefined ? undefined : { kind: 'tenant', of };
}
