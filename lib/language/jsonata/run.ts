import { JsonataError } from './errors.ts';
import type { Limits } from './limits.ts';
import { newSequence, type Sequence, type Value } from './value.ts';

/** Algorithms of `$hash`. */
export type HashAlgorithm = 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

/** Everything an evaluation takes from outside. */
export interface Sources {
  /** Milliseconds since the epoch: `$now()`, `$millis()`. */
  readonly now: number;
  /** Numbers from 0 (inclusive) to 1 (exclusive): `$random()`, `$shuffle()`. */
  readonly random: () => number;
  /** A version 4 UUID. Made from `random` where absent. */
  readonly uuid?: (() => string) | undefined;
  /** Hexadecimal digest of a text in UTF-8: `$hash()`. */
  readonly hash?: ((text: string, algorithm: HashAlgorithm) => string) | undefined;
  /** Whether `$eval` exists. Off by default. */
  readonly allowEval?: boolean | undefined;
}

/** Names that every expression knows: bindings of the caller and built-in functions. */
export type Globals = (name: string) => Value;

/** One evaluation under way: its budget and its sources. */
export class Run {
  fuel: number;
  depth = 0;
  /** Whether any array or object was made; if not, the result is part of the input. */
  built = false;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly globals: Globals;

  constructor(limits: Limits, sources: Sources, globals: Globals) {
    this.fuel = limits.fuel;
    this.limits = limits;
    this.sources = sources;
    this.globals = globals;
  }

  /** Uses up `units` of work; L1001 when there is none left. */
  step(units: number): void {
    this.fuel -= units;
    if (this.fuel < 0) throw new JsonataError('L1001');
  }

  /** Accounts for an array that has, or will have, `length` items. */
  array(length: number): void {
    if (length > this.limits.array) throw new JsonataError('L1003', { value: String(this.limits.array) });
    this.built = true;
    this.step(1 + length / 2);
  }

  /** Accounts for an object of `keys` keys. */
  object(keys: number): void {
    this.built = true;
    this.step(4 + 2 * keys);
  }

  /** Accounts for a string of `length` UTF-16 units that is about to be made. */
  string(length: number): void {
    if (length > this.limits.string) throw new JsonataError('L1004', { value: String(this.limits.string) });
    this.step(1 + length / 16);
  }

  /** Enters a call whose body nests `levels` deep. */
  enter(levels: number): void {
    this.depth += levels;
    if (this.depth > this.limits.depth) throw new JsonataError('L1002');
  }

  leave(levels: number): void {
    this.depth -= levels;
  }

  /** An empty result sequence. */
  sequence(): Sequence {
    this.built = true;
    return newSequence();
  }

  /** Adds to an array under construction. */
  push(array: Value[], item: Value): void {
    if (array.length >= this.limits.array) throw new JsonataError('L1003', { value: String(this.limits.array) });
    this.step(0.5);
    array.push(item);
  }
}

const NO_NAMES: readonly string[] = [];

/**
 * Variables of one scope: a lambda's parameters, a block's assignments, a tuple's bindings. Scopes are small, so
 * a scan over the names beats a map.
 */
export class Frame {
  readonly run: Run;
  private names: readonly string[];
  private readonly values: Value[];
  private readonly parent: Frame | undefined;

  constructor(run: Run, parent: Frame | undefined, names: readonly string[] = NO_NAMES, values: Value[] = []) {
    this.run = run;
    this.parent = parent;
    this.names = names;
    this.values = values;
  }

  lookup(name: string): Value {
    for (let frame: Frame | undefined = this; frame !== undefined; frame = frame.parent) {
      const index = frame.names.lastIndexOf(name);
      if (index >= 0) return frame.values[index];
    }
    return this.run.globals(name);
  }

  bind(name: string, value: Value): void {
    const index = this.names.lastIndexOf(name);
    if (index >= 0) {
      this.values[index] = value;
      return;
    }
    this.values[this.names.length] = value;
    this.names = [...this.names, name];
  }
}
