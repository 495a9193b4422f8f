/**
 * Bounds of one evaluation. Fuel counts work: about one unit per operator, step item or call, half a unit per array item and a
 * sixteenth per character made, so that it bounds time and memory together. It is counted, not measured: an
 * expression that fits once fits always.
 */
export interface Limits {
  /** Units of work. */
  readonly fuel: number;
  /** Nested evaluation levels of calls that are not in tail position. */
  readonly depth: number;
  /** Items of an array. */
  readonly array: number;
  /** UTF-16 units of a string. */
  readonly string: number;
  /** Size of the result: its characters, and four for each value. */
  readonly output: number;
  /** Levels of arrays and objects in the result. */
  readonly nesting: number;
}

/** Reached within about a second, and with less than about 200 MB. */
export const DEFAULT_LIMITS: Limits = {
  fuel: 4_000_000,
  depth: 1_200,
  array: 1_000_000,
  string: 8_000_000,
  output: 32_000_000,
  nesting: 400,
};
