import type { Source } from '../net-plan.ts';
import type { ScopePlan } from '../plan.ts';
import type { Marking } from './marking.ts';
import { type ReducedNet, reduceNet } from './reduction.ts';
import { buildResetNet, type ResetNet, type Transition } from './reset-net.ts';

/** What can be said about an OR-join before any token is there. */
export class OrJoinNet {
  /** Its arcs: where each begins, and its spot. */
  readonly inputs: readonly (readonly [Source, number])[];
  readonly #shared: SharedNet;
  readonly #images: ReducedNet['images'];
  readonly #takers: ReadonlyMap<number, readonly Transition[]>;
  readonly #givers: ReadonlyMap<number, readonly Transition[]>;
  /** By input: the spots whose tokens might get there. */
  readonly #before = new Map<number, ReadonlySet<number>>();
  /** Inputs to which every way is one of steps that need one token each, and empty nothing. */
  readonly #plain = new Set<number>();

  constructor(shared: SharedNet, join: string) {
    this.inputs = [...(shared.spots.get(join)?.arcs ?? [])];
    const others = shared.transitions.filter(({ startOf }) => startOf !== join);
    const kept = new Set(this.inputs.map(([, spot]) => spot));
    const { transitions, images } = reduceNet({ transitions: others }, kept);
    this.#shared = shared;
    this.#images = images;
    this.#takers = bySpot(transitions, ({ pre }) => pre.keys());
    this.#givers = bySpot(transitions, ({ post }) => post.keys());
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
    return this.#takers.get(spot) ?? NONE;
  }

  givers(spot: number): readonly Transition[] {
    return this.#givers.get(spot) ?? NONE;
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
    const { spots, images } = this.#shared;
    const placed = new Map<number, number>();
    const add = (spot: number | undefined, count: number) => {
      if (spot === undefined) return;
      for (const [middle, each] of images.get(spot) ?? [[spot, 1] as const]) {
        for (const [target, weight] of this.#images.get(middle) ?? [[middle, 1] as const]) {
          placed.set(target, (placed.get(target) ?? 0) + weight * each * count);
        }
      }
    };
    for (const [state, before] of arcs) {
      const own = spots.get(state)?.arcs;
      for (const [source, count] of before) add(own?.get(source), count);
    }
    for (const counts of [resting, busy]) {
      for (const [state, count] of counts) add(spots.get(state)?.inside, count);
    }
    for (const [state, count] of joined) add(spots.get(state)?.joined, count);
    return placed;
  }
}

const NONE: readonly Transition[] = [];

function bySpot(
  transitions: readonly Transition[],
  spotsOf: (transition: Transition) => Iterable<number>,
): ReadonlyMap<number, readonly Transition[]> {
  const lists = new Map<number, Transition[]>();
  for (const transition of transitions) {
    for (const spot of spotsOf(transition)) {
      const list = lists.get(spot);
      if (list === undefined) lists.set(spot, [transition]);
      else list.push(transition);
    }
  }
  return lists;
}

/** What all OR-joins of a scope begin with: its net, made smaller, with the arcs into all of them kept. */
interface SharedNet extends ReducedNet {
  readonly spots: ResetNet['spots'];
}

function sharedNet(scope: ScopePlan): SharedNet {
  const net = buildResetNet(scope);
  const joins = [...scope.states.values()].filter(({ start }) => start?.join?.kind === 'active');
  const arcs = joins.flatMap(({ name }) => [...(net.spots.get(name)?.arcs.values() ?? [])]);
  return { spots: net.spots, ...reduceNet(net, new Set(arcs)) };
}

const known = new WeakMap<ScopePlan, { readonly shared: SharedNet; readonly nets: Map<string, OrJoinNet> }>();

/** Worked out once for each OR-join of a plan. */
export function orJoinNet(scope: ScopePlan, join: string): OrJoinNet {
  const ofScope = known.get(scope) ?? { shared: sharedNet(scope), nets: new Map<string, OrJoinNet>() };
  known.set(scope, ofScope);
  const net = ofScope.nets.get(join) ?? new OrJoinNet(ofScope.shared, join);
  ofScope.nets.set(join, net);
  return net;
}
