/**
 * A value while an expression runs: JSON, functions, and `undefined` for JSONata's "nothing". Input is shared and never
 * changed; objects are written to only while they are being built (and by transforms, which work on a copy).
 */
export type Value = undefined | null | boolean | number | string | readonly Value[] | ValueObject | Fn;

export interface ValueObject {
  [key: string]: Value;
}

/**
 * A result sequence: unlike an array of the data, one without items is nothing, and one of a single item is that item (unless `[]`
 * asked to keep it). A plain array with marks, which costs a fraction of a subclass of Array; copies have no marks.
 */
export interface Sequence extends Array<Value> {
  readonly mark: 'sequence';
  keepSingleton: boolean;
  /** Wraps an array that is the input as a whole, so that it counts as one context. */
  outerWrapper: boolean;
  /** The items are tuples: objects that hold the value under `@` and the variables bound along the path. */
  tuples: boolean;
}

/** The result of an array constructor inside a path: one value, which the path does not spread. */
export interface Constructed extends Array<Value> {
  readonly mark: 'constructed';
}

interface Marked {
  mark?: 'sequence' | 'constructed';
  keepSingleton?: boolean;
  outerWrapper?: boolean;
  tuples?: boolean;
}

export function newSequence(): Sequence {
  const array: Value[] & Marked = [];
  array.mark = 'sequence';
  array.keepSingleton = false;
  array.outerWrapper = false;
  array.tuples = false;
  return array as Sequence; // reason: all its fields have just been set
}

export function sequenceOf(item: Value): Sequence {
  const sequence = newSequence();
  sequence.push(item);
  return sequence;
}

export function newConstructed(): Constructed {
  const array: Value[] & Marked = [];
  array.mark = 'constructed';
  return array as Constructed; // reason: its field has just been set
}

export function isSequence(value: Value): value is Sequence {
  return Array.isArray(value) && markOf(value) === 'sequence';
}

export function isConstructed(value: Value): value is Constructed {
  return Array.isArray(value) && markOf(value) === 'constructed';
}

function markOf(array: Marked & { readonly length: number }): Marked['mark'] {
  return array.mark;
}

/** Anything that can be called. How is the business of `apply.ts`. */
export abstract class Fn {
  /** How many parameters it declares; decides what higher-order functions pass. */
  abstract readonly arity: number;
}

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Fn);
}

/** Sets a property as data, also the one named `__proto__`. */
export function setKey(object: ValueObject, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

export function getKey(object: ValueObject, key: string): Value {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What a sequence means outside of a path. */
export function settle(value: Value, keepArray: boolean): Value {
  if (isSequence(value) && !value.tuples) {
    if (keepArray) value.keepSingleton = true;
    if (value.length === 0) return undefined;
    if (value.length === 1 && !value.keepSingleton) return value[0];
  }
  return value;
}

/** A short text of a value for error messages. */
export function display(value: Value): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Fn) return 'a function';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
