import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';

/** What an expression that depends on nothing outside gives, and what evaluating it costs: that is charged all the same. */
export interface Constant {
  readonly value: Json;
  /** Units of work, as `Budget` counts them. */
  readonly units: number;
  /** Built-in functions that it names: a variable of the same name would hide one. */
  readonly names: readonly string[];
}

/** What may be spent on constants while a definition is compiled, so that none makes compiling it slow: about 50 ms. */
export const FOLDING_WORK = 200_000;

/** An expression that costs more than this is left to run time, as it may never be needed: about 2 ms. */
export const CONSTANT_WORK = 10_000;

/** Whether a value can stand for evaluating its expression, to the last bit of what the expression cost. */
export function isFoldable(value: Json, units: number): boolean {
  // Sums of such numbers are exact in any order.
  return Number.isInteger(units * 4096) && !hasSharedParts(value, new Set());
}

/**
 * The value, with arrays and objects of its own: whether an output is the very input of a state is seen in the log, so a
 * value must not come round twice.
 */
export function freshCopy(value: Json): Json {
  if (isJsonArray(value)) return value.map(freshCopy);
  if (!isJsonObject(value)) return value;
  const copy: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__') Object.defineProperty(copy, key, { value: freshCopy(part), ...ORDINARY });
    else copy[key] = freshCopy(part);
  }
  return copy;
}

const ORDINARY = { enumerable: true, configurable: true, writable: true };

function hasSharedParts(value: Json, seen: Set<Json>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (seen.has(value)) return true;
  seen.add(value);
  return Object.values(value).some((part) => hasSharedParts(part, seen));
}
