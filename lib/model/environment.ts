import type { Budget } from './budget.ts';
import type { Json, JsonObject } from './json.ts';

/** What an expression of a definition may look at. Nothing in it is ever mutated. */
export interface Environment {
  /** The state's input, before `InputPath`. */
  readonly input: Json;
  /** The context object: `$$` in JSONPath, `$states.context` in JSONata. */
  readonly context: JsonObject;
  /** The workflow variables visible in the state's scope, inner ones over outer ones. */
  readonly variables: JsonObject;
  /** The raw result of a Task, Parallel or Map, while it completes. */
  readonly result?: Json;
  /** `{ Error, Cause }`, in a catcher. */
  readonly errorOutput?: Json;
  /** The item whose input is being made, in a Map; `context.Map.Item` has the same. `key`: if the Map goes through an object. */
  readonly item?: { readonly index: number; readonly value: Json; readonly key?: string };
  /** The moment of this evaluation, ms since the epoch. The same for every expression of one decision. */
  readonly now: number;
  /** Evenly from [0, 1). */
  readonly random: () => number;
  /** A version 4 UUID. */
  readonly uuid: () => string;
  /** What the expressions that are evaluated together may cost; absent: each has a limit of its own only. */
  readonly budget?: Budget;
}

/** What the outside lends to a decision, so that the core needs no clock and no randomness of its own. */
export interface Occasion {
  /** ms since the epoch. */
  readonly at: number;
  /** An unsigned 32-bit integer from a source that nobody can predict: task tokens are made of it. */
  readonly random32: () => number;
  /** Absent: nothing is limited. */
  readonly limits?: Limits | undefined;
}

/** What is known outside about resource pools. A decision that goes by it is recorded. */
export interface Limits {
  /** Whether a pool has a limit at present. */
  readonly has: (pool: string) => boolean;
  /** Whether any limit is set on what tasks call: otherwise nobody need find out what that is. */
  readonly hasResources: boolean;
  /** A place in the lines of those who wait: sorts behind all that were given before. */
  readonly ticket: () => string;
}

const UINT32 = 2 ** 32;

export function randomFraction(occasion: Occasion): number {
  return occasion.random32() / UINT32;
}

/** A version 4 UUID (RFC 9562) from 128 random bits. */
export function randomUuid(occasion: Occasion): string {
  const hex = Array.from({ length: 4 }, () => occasion.random32().toString(16).padStart(8, '0')).join('');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
