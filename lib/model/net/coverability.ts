import type { Transition } from './reset-net.ts';

/** Of each spot that has tokens: the spot, then how many; spots ascending. */
export type SparseMarking = readonly number[];

export interface Coverability {
  /** Whether a marking can be reached that has at least the tokens of one of the targets. `undefined`: the budget was used up. */
  readonly isCoverable: boolean | undefined;
  /** Predecessors that were computed. */
  readonly steps: number;
}

export interface CoverabilityQuestion {
  /** By spot, the transitions that put tokens there. */
  readonly givers: (spot: number) => readonly Transition[];
  /** The marking to start from, by spot. */
  readonly tokens: (spot: number) => number;
  /** False: no token can ever be there. */
  readonly isReachable: (spot: number) => boolean;
  readonly targets: readonly SparseMarking[];
  /** Steps. */
  readonly budget: number;
}

/**
 * Backward search from the targets: the least markings from which a target can be covered, until one is covered by the
 * marking to start from or no new one appears. It always ends, because every upward closed set of markings has a finite
 * basis (Dufourd, Finkel and Schnoebelen 1998, for nets with resets); how soon, nobody knows before, hence the budget.
 */
export function searchBackward(question: CoverabilityQuestion): Coverability {
  const { givers, tokens, isReachable, targets, budget } = question;
  const basis = new Basis(tokens);
  let steps = 0;
  for (const target of targets) if (basis.add(target) === 0) return { isCoverable: true, steps };
  for (let marking = basis.next(); marking !== undefined; marking = basis.next()) {
    const tried = new Set<Transition>();
    for (let at = 0; at < marking.length; at += 2) {
      for (const transition of givers(marking[at] ?? 0)) {
        if (tried.has(transition)) continue;
        tried.add(transition);
        if (steps >= budget) return { isCoverable: undefined, steps };
        steps += 1;
        const before = predecessor(marking, transition);
        if (before === undefined || !isEverywhere(before, isReachable)) continue;
        if (basis.add(before) === 0) return { isCoverable: true, steps };
      }
    }
  }
  return { isCoverable: false, steps };
}

/** The least marking from which one firing covers `marking`; `undefined`: the firing would have emptied what is asked for. */
function predecessor(marking: SparseMarking, { pre, resets, post }: Transition): SparseMarking | undefined {
  const needed = new Map<number, number>(pre);
  for (let at = 0; at < marking.length; at += 2) {
    const spot = marking[at] ?? 0;
    const missing = (marking[at + 1] ?? 0) - (post.get(spot) ?? 0);
    if (missing <= 0) continue;
    if (resets.has(spot)) return undefined;
    needed.set(spot, (needed.get(spot) ?? 0) + missing);
  }
  return sparse(needed);
}

export function sparse(weights: ReadonlyMap<number, number>): SparseMarking {
  return [...weights].sort(([a], [b]) => a - b).flat();
}

function isEverywhere(marking: SparseMarking, holds: (spot: number) => boolean): boolean {
  for (let at = 0; at < marking.length; at += 2) if (!holds(marking[at] ?? 0)) return false;
  return true;
}

interface Entry {
  readonly marking: SparseMarking;
  /** Bits of the spots that have tokens, several spots to a bit: most comparisons end here. */
  readonly bits: number;
  isMinimal: boolean;
}

/** The markings found so far of which none covers another, and which of them are still to be gone back from. */
class Basis {
  readonly #tokens: (spot: number) => number;
  #entries: Entry[] = [];
  /** By how many tokens are missing in the marking to start from: the nearest are gone back from first. */
  readonly #open: Entry[][] = [];

  constructor(tokens: (spot: number) => number) {
    this.#tokens = tokens;
  }

  /** How many tokens the marking to start from lacks; `undefined` where the marking covers one that is known. */
  add(marking: SparseMarking): number | undefined {
    const bits = bitsOf(marking);
    for (const known of this.#entries) if (isAtMost(known.marking, known.bits, marking, bits)) return undefined;
    let covering = 0;
    for (const known of this.#entries) {
      if (!isAtMost(marking, bits, known.marking, known.bits)) continue;
      known.isMinimal = false;
      covering += 1;
    }
    if (covering > 0) this.#entries = this.#entries.filter(({ isMinimal }) => isMinimal);
    const entry = { marking, bits, isMinimal: true };
    this.#entries.push(entry);
    const missing = this.#missingIn(marking);
    // Far is far: beyond this the order does not matter.
    const distance = Math.min(missing, 1000);
    const list = this.#open[distance] ?? [];
    this.#open[distance] = list;
    list.push(entry);
    return missing;
  }

  next(): SparseMarking | undefined {
    for (const list of this.#open) {
      for (let entry = list?.pop(); entry !== undefined; entry = list?.pop()) if (entry.isMinimal) return entry.marking;
    }
    return undefined;
  }

  #missingIn(marking: SparseMarking): number {
    let missing = 0;
    for (let at = 0; at < marking.length; at += 2) {
      missing += Math.max(0, (marking[at + 1] ?? 0) - this.#tokens(marking[at] ?? 0));
    }
    return missing;
  }
}

function bitsOf(marking: SparseMarking): number {
  let bits = 0;
  for (let at = 0; at < marking.length; at += 2) bits |= 1 << ((marking[at] ?? 0) % 32);
  return bits;
}

function isAtMost(low: SparseMarking, lowBits: number, high: SparseMarking, highBits: number): boolean {
  if ((lowBits & ~highBits) !== 0 || low.length > high.length) return false;
  let there = 0;
  for (let at = 0; at < low.length; at += 2) {
    const spot = low[at] ?? 0;
    while (there < high.length && (high[there] ?? 0) < spot) there += 2;
    if (there >= high.length || high[there] !== spot || (high[there + 1] ?? 0) < (low[at + 1] ?? 0)) return false;
  }
  return true;
}
