import type { ResetNet, Transition, Weights } from './reset-net.ts';

/**
 * A reset net made smaller without changing which markings of the kept spots can be covered: series of steps that
 * nothing can interfere with become one (a form of the fusion of series places, Berthelot 1986, with what resets
 * demand), and spots and transitions that lead nowhere go.
 */
export interface ReducedNet {
  readonly transitions: readonly Transition[];
  /** By spot of the whole net: where its tokens are in the reduced one. Absent: where they always were. */
  readonly images: ReadonlyMap<number, Weights>;
}

/** Weights above this are as good as each other, and stay exact as numbers. */
const MANY = 2 ** 40;

/** `kept`: the spots whose markings are asked for. */
export function reduceNet(net: Pick<ResetNet, 'transitions'>, kept: ReadonlySet<number>): ReducedNet {
  const reduction = new Reduction(net, kept);
  reduction.run();
  return reduction.result();
}

interface Draft {
  readonly pre: Map<number, number>;
  readonly post: Map<number, number>;
  readonly resets: Set<number>;
  readonly startOf?: string;
}

class SetsBySpot {
  readonly #sets = new Map<number, Set<Draft>>();

  at(spot: number): ReadonlySet<Draft> {
    return this.#sets.get(spot) ?? NONE;
  }

  add(spot: number, draft: Draft): void {
    const set = this.#sets.get(spot);
    if (set === undefined) this.#sets.set(spot, new Set([draft]));
    else set.add(draft);
  }

  delete(spot: number, draft: Draft): void {
    this.#sets.get(spot)?.delete(draft);
  }

  clear(spot: number): void {
    this.#sets.delete(spot);
  }
}

const NONE: ReadonlySet<Draft> = new Set();

class Reduction {
  readonly #kept: ReadonlySet<number>;
  /** By spot. */
  readonly #takers = new SetsBySpot();
  readonly #givers = new SetsBySpot();
  readonly #resetters = new SetsBySpot();
  readonly #removed: [number, Weights][] = [];
  /** Spots to look at, again where something around them has changed. */
  readonly #work = new Set<number>();
  readonly #all = new Set<Draft>();

  constructor({ transitions }: Pick<ResetNet, 'transitions'>, kept: ReadonlySet<number>) {
    this.#kept = kept;
    for (const each of transitions) {
      const { pre, post, resets } = each;
      const draft = { ...each, pre: new Map(pre), post: new Map(post), resets: new Set(resets) };
      this.#all.add(draft);
      for (const spot of pre.keys()) this.#takers.add(spot, draft);
      for (const spot of post.keys()) this.#givers.add(spot, draft);
      for (const spot of resets) this.#resetters.add(spot, draft);
      for (const spot of [...pre.keys(), ...post.keys()]) if (!kept.has(spot)) this.#work.add(spot);
    }
    for (const draft of this.#all) this.#dropIfIdle(draft);
  }

  run(): void {
    for (const spot of this.#work) {
      this.#work.delete(spot);
      const takers = this.#takers.at(spot);
      if (takers.size === 0) this.#replace(spot, new Map());
      const [only] = takers;
      if (only !== undefined && takers.size === 1 && this.#isHarmless(spot, only)) {
        const image = new Map(only.post);
        this.#drop(only);
        this.#replace(spot, image);
      }
    }
  }

  /** Whether a token may always go on at once: nothing else wants it, and where it goes it is no easier to lose. */
  #isHarmless(spot: number, { pre, post, resets }: Draft): boolean {
    if (pre.size !== 1 || pre.get(spot) !== 1 || post.has(spot) || resets.size > 0) return false;
    for (const target of post.keys()) {
      for (const resetter of this.#resetters.at(target)) if (!resetter.resets.has(spot)) return false;
    }
    return true;
  }

  /** Whoever puts a token there puts `image` instead. */
  #replace(spot: number, image: Weights): void {
    this.#removed.push([spot, image]);
    for (const resetter of this.#resetters.at(spot)) resetter.resets.delete(spot);
    this.#resetters.clear(spot);
    for (const giver of this.#givers.at(spot)) {
      const weight = giver.post.get(spot) ?? 0;
      giver.post.delete(spot);
      for (const [target, each] of image) {
        giver.post.set(target, Math.min(MANY, (giver.post.get(target) ?? 0) + weight * each));
        this.#givers.add(target, giver);
      }
      this.#look(giver);
      this.#dropIfIdle(giver);
    }
    this.#givers.clear(spot);
  }

  /** A transition that only takes away covers nothing that was not covered before. */
  #dropIfIdle(draft: Draft): void {
    if ([...draft.post].every(([spot, weight]) => (draft.pre.get(spot) ?? 0) >= weight)) this.#drop(draft);
  }

  #drop(draft: Draft): void {
    if (!this.#all.delete(draft)) return;
    for (const spot of draft.pre.keys()) this.#takers.delete(spot, draft);
    for (const spot of draft.post.keys()) this.#givers.delete(spot, draft);
    for (const spot of draft.resets) {
      this.#resetters.delete(spot, draft);
      // What leads to a spot that is now reset less may have become harmless.
      for (const giver of this.#givers.at(spot)) this.#look(giver);
    }
    this.#look(draft);
  }

  #look({ pre }: Draft): void {
    for (const spot of pre.keys()) if (!this.#kept.has(spot)) this.#work.add(spot);
  }

  result(): ReducedNet {
    const images = new Map<number, Weights>();
    // What a removed spot became may have been removed later: the last ones are final.
    for (const [spot, image] of this.#removed.reverse()) {
      const final = new Map<number, number>();
      for (const [target, weight] of image) {
        for (const [place, each] of images.get(target) ?? [[target, 1] as const]) {
          final.set(place, Math.min(MANY, (final.get(place) ?? 0) + weight * each));
        }
      }
      images.set(spot, final);
    }
    return { transitions: distinct(this.#all), images };
  }
}

function distinct(transitions: Iterable<Transition>): readonly Transition[] {
  const byText = new Map<string, Transition>();
  for (const transition of transitions) {
    const { pre, post, resets, startOf = '' } = transition;
    const text = [pre, post].map((weights) => [...weights].sort(([a], [b]) => a - b).join(';'));
    byText.set([...text, [...resets].sort((a, b) => a - b).join(','), startOf].join('|'), transition);
  }
  return [...byText.values()];
}
