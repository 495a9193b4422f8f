import { isJsonObject, type Json } from '../model/json.ts';
import { isTenant } from '../model/tenant.ts';
import { MAX_BURST, MAX_RATE, MIN_RATE, type Rate } from './token-bucket.ts';

/** What rate limits are for: callers by their key or otherwise, tenants, and what tasks call. */
export const LIMIT_KINDS = ['key', 'principal', 'tenant', 'target'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** As in `tenant:acme`. `tenant:*` is the limit of each tenant that has none of its own. */
export interface LimitName {
  readonly kind: LimitKind;
  /** Whom or what; `*`: each of this kind. */
  readonly of: string;
}

export const EACH = '*';
const MAX_NAME_LENGTH = 400;

/** `undefined`: it is none. */
export function parseLimitName(text: string): LimitName | undefined {
  const end = text.indexOf(':');
  const kind = LIMIT_KINDS.find((each) => each === text.slice(0, Math.max(0, end)));
  const of = text.slice(end + 1);
  if (kind === undefined || of === '' || text.length > MAX_NAME_LENGTH || !/^[^\p{C}\p{Z}]+$/u.test(of))
    return undefined;
  return kind !== 'tenant' || of === EACH || isTenant(of) ? { kind, of } : undefined;
}

export function formatLimitName({ kind, of }: LimitName): string {
  return `${kind}:${of}`;
}

/** `undefined`: it can be a name of a limit; otherwise what to do about it. */
export function problemOfName(text: string): string | undefined {
  if (parseLimitName(text) !== undefined) return undefined;
  const kinds = LIMIT_KINDS.map((kind) => `${kind}:…`).join(', ');
  return `Name a limit ${kinds}, as in "tenant:acme" or "tenant:*" for each, without spaces: not "${text}".`;
}

/** `undefined`: it can be a limit; otherwise what to do about it. */
export function problemOfRate(value: unknown): string | undefined {
  // Asserted: whatever is there is `unknown`, as what is not.
  const { rate, burst } = (typeof value === 'object' && value !== null ? value : {}) as Record<keyof Rate, unknown>;
  if (typeof rate !== 'number' || !(rate >= MIN_RATE && rate <= MAX_RATE)) {
    return `Give a rate from ${MIN_RATE} to ${MAX_RATE} a second, not ${JSON.stringify(rate)}.`;
  }
  if (typeof burst !== 'number' || !Number.isInteger(burst) || burst < 1 || burst > MAX_BURST) {
    return `Give a burst that is an integer from 1 to ${MAX_BURST}, not ${JSON.stringify(burst)}.`;
  }
  return undefined;
}

/** Where no burst is given: what the rate gives in a second, at least 1. */
export function withBurst({ rate, burst }: { readonly rate: number; readonly burst?: number | undefined }): Rate {
  return { rate, burst: burst ?? Math.min(MAX_BURST, Math.max(1, Math.ceil(rate))) };
}

export type RateLimitTable = ReadonlyMap<string, Rate>;

/**
 * Limits as a deployment configures them: `{ "tenant:*": { "rate": 50, "burst": 100 }, … }`.
 * @throws BadRateLimits
 */
export function readRateLimits(value: unknown): RateLimitTable {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRateLimits('Give rate limits by name, as in {"tenant:*": {"rate": 50, "burst": 100}}.');
  }
  return new Map(
    Object.entries(value).map(([name, given]) => {
      const rate = typeof given === 'object' && given !== null ? withBurst(given) : given;
      const problem = problemOfName(name) ?? problemOfFields(given) ?? problemOfRate(rate);
      if (problem !== undefined) throw new BadRateLimits(`${problem} (rate limit "${name}")`);
      return [name, rate];
    }),
  );
}

function problemOfFields(given: unknown): string | undefined {
  const fields = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const other = fields.find((field) => field !== 'rate' && field !== 'burst');
  return other === undefined ? undefined : `Leave out "${other}": a rate limit has a rate and a burst.`;
}

/** A rate as it was written by the engine itself. `undefined`: it is none. */
export function readRate(value: Json): Rate | undefined {
  if (!isJsonObject(value) || problemOfRate(value) !== undefined) return undefined;
  const { rate, burst } = value;
  return typeof rate === 'number' && typeof burst === 'number' ? { rate, burst } : undefined;
}

/** Limits of a deployment that cannot be understood; the message says what to do. */
export class BadRateLimits extends Error {
  override readonly name = 'BadRateLimits';
  readonly code = 'Knhk.BadRateLimits';
}
