import type { Source } from '../net-plan.ts';
import type { ScopePlan } from '../plan.ts';
import type { Marking } from './marking.ts';
import { type ReducedNet, reduceNet } from './reduction.ts';
import { buildResetNet, type ResetNet, type Transition } from './reset-net.ts';

/** What can be said about an OR-join before any token is there. */
export class OrJoinNet {
  /** Its arcs: where each begins, and its spot. */
  readonly inputs: readonly (readonly [Source, number])[];
  readonly #spots: ResetNet['spots'];
  readonly #images: ReducedNet['images'];
  readonly #takers: readonly (readonly Transition[])[];
  readonly #givers: readonly (readonly Transition[])[];
  /** By input: the spots whose tokens might get there. */
  readonly #before = new Map<number, ReadonlySet<number>>();
  /** Inputs to which every way is one of steps that need one token each, and empty nothing. */
  readonly #plain = new Set<number>();

  constructor(scope: ScopePlan, join: string) {
    const net = buildResetNet(scope, join);
    this.inputs = [...(net.spots.get(join)?.arcs ?? [])];
    const { transitions, images } = reduceNet(net, new Set(this.inputs.map(([, spot]) => spot)));
    this.#spots = net.spots;
    this.#images = images;
    this.#takers = bySpot(net.size, transitions, ({ pre }) => pre.keys());
    this.#givers = bySpot(net.size, transitions, ({ post }) => post.keys());
    for (const [, input] of this.inputs) this.#look(input);
  }

  #look(input: number): void {
    const before = new Set([input]);
    let isPlain = true;
    for (const spot of before) {
      for (const { pre, resets } of this.givers(spot)) {
        for (const source of pre.keys()) before.add(source);
        isPlain &&= resets.size === 0 && pre.size === 1 && [...pre.values()].every((weight) => weight === 1);
      }
    }
    this.#before.set(input, before);
    if (isPlain) this.#plain.add(input);
  }

  takers(spot: number): readonly Transition[] {
    return this.#takers[spot] ?? NONE;
  }

  givers(spot: number): readonly Transition[] {
    return this.#givers[spot] ?? NONE;
  }

  /** Whether there is a way from one of the spots to the input, whatever else it needs. */
  canReach(spots: ReadonlySet<number>, input: number): boolean {
    const before = this.#before.get(input);
    if (before === undefined) return false;
    for (const spot of spots) if (before.has(spot)) return true;
    return false;
  }

  isPlain(input: number): boolean {
    return this.#plain.has(input);
  }

  /** Where the tokens are in the reduced net. */
  place({ arcs, resting, busy, joined }: Marking): ReadonlyMap<number, number> {
    const placed = new Map<number, number>();
    const add = (spot: number | undefined, count: number) => {
      if (spot === undefined) return;
      for (const [target, weight] of this.#images.get(spot) ?? [[spot, 1] as const]) {
        placed.set(target, (placed.get(target) ?? 0) + weight * count);
      }
    };
    for (const [state, before] of arcs) {
      const own = this.#spots.get(state)?.arcs;
      for (const [source, count] of before) add(own?.get(source), count);
    }
    for (const counts of [resting, busy]) {
      for (const [state, count] of counts) add(this.#spots.get(state)?.inside, count);
    }
    for (const [state, count] of joined) add(this.#spots.get(state)?.joined, count);
    return placed;
  }
}

const NONE: readonly Transition[] = [];

function bySpot(
  size: number,
  transitions: readonly Transition[],
  spotsOf: (transition: Transition) => Iterable<number>,
): readonly (readonly Transition[])[] {
  const lists: Transition[][] = Array.from({ length: size }, () => []);
  for (const transition of transitions) for (const spot of spotsOf(transition)) lists[spot]?.push(transition);
  return lists;
}

const known = new WeakMap<ScopePlan, Map<string, OrJoinNet>>();

/** Worked out once for each OR-join of a plan. */
export function orJoinNet(scope: ScopePlan, join: string): OrJoinNet {
  const ofScope = known.get(scope) ?? new Map<string, OrJoinNet>();
  known.set(scope, ofScope);
  const net = ofScope.get(join) ?? new OrJoinNet(scope, join);
  ofScope.set(join, net);
  return net;
}
