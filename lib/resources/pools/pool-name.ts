import { isJsonObject, type Json } from '../../model/json.ts';
import { MAX_LIMIT } from './slots.ts';

/** Limits that could not be read; the message says what is to be corrected. */
export class BadPoolLimits extends Error {
  override readonly name = 'BadPoolLimits';
}

/** What a state may name. */
const PLAIN = /^[A-Za-z0-9_.-]{1,80}$/;
const BOUND = /^(?:workflow|tenant|resource):.{1,512}$/s;
const PATTERN = /^pattern:WCP-(?:[1-9]|[1-3][0-9]|4[0-3])$/;

/** What is wrong with the name of a pool, as an advice; `undefined`: nothing. */
export function problemOfPoolName(name: string): string | undefined {
  if (PLAIN.test(name) || BOUND.test(name) || PATTERN.test(name)) return undefined;
  return `Name a pool by 1 to 80 letters, digits, "_", "." and "-", or by what it limits, as workflow:order, tenant:acme, pattern:WCP-14 or resource:<what tasks call>: "${name}" is none of them.`;
}

/** What is wrong with a limit, as an advice; `undefined`: nothing. */
export function problemOfLimit(limit: Json | undefined): string | undefined {
  const isFine = typeof limit === 'number' && Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT;
  return isFine ? undefined : `Give an integer from 0 to ${MAX_LIMIT} as the limit of a pool.`;
}

/** Limits by name, as a deployment has them. @throws BadPoolLimits */
export function readPoolLimits(value: Json): ReadonlyMap<string, number> {
  if (!isJsonObject(value)) throw new BadPoolLimits('Give the limits of pools as an object: { "workflow:order": 5 }.');
  return new Map(
    Object.entries(value).map(([name, limit]) => {
      const problem = problemOfPoolName(name) ?? problemOfLimit(limit);
      if (problem !== undefined || typeof limit !== 'number') throw new BadPoolLimits(`${name}: ${problem}`);
      return [name, limit];
    }),
  );
}
