import { SeededIds } from '../../../lib/adapters/memory/index.ts';

/** Draws that are the same for the same seed. */
export class Dice {
  readonly #ids: SeededIds;

  constructor(seed: number) {
    this.#ids = new SeededIds(seed);
  }

  /** Evenly from [0, 1). */
  fraction(): number {
    return this.#ids.random32() / 2 ** 32;
  }

  /** An integer, evenly from 0 … `below` - 1. */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new RangeError('There is nothing to pick from.');
    return picked;
  }
}
