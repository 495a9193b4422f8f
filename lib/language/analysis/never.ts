import { searchBackward } from '../../model/net/coverability.ts';
import { reduceNet } from '../../model/net/reduction.ts';
import { type Transition, transition } from '../../model/net/reset-net.ts';
import type { Game } from './game.ts';

/** Which of some states can never start, whatever the data; those of which it cannot be told within so many steps are left out. */
export function neverStarted(game: Game, names: readonly string[], steps: number): readonly string[] {
  const insides = new Map(names.flatMap((name) => [[name, game.spots.get(name)?.inside] as const]));
  const kept = new Set([...insides.values()].filter((spot) => spot !== undefined));
  const net = reduceNet({ ...game, transitions: [...game.moves, ...orJoinStarts(game)] }, kept);
  const tokens = new Map<number, number>();
  for (const [spot, count] of game.initial) {
    for (const [target, weight] of net.images.get(spot) ?? [[spot, 1] as const]) {
      tokens.set(target, (tokens.get(target) ?? 0) + weight * count);
    }
  }
  const givers: Transition[][] = Array.from({ length: game.size }, () => []);
  for (const each of net.transitions) for (const spot of each.post.keys()) givers[spot]?.push(each);
  const reachable = everReached(net.transitions, tokens);
  let budget = steps;
  return names.filter((name) => {
    const inside = insides.get(name);
    if (inside === undefined) return false;
    const { isCoverable, steps: used } = searchBackward({
      givers: (spot) => givers[spot] ?? [],
      tokens: (spot) => tokens.get(spot) ?? 0,
      isReachable: (spot) => reachable.has(spot),
      targets: reachable.has(inside) ? [[inside, 1]] : [],
      budget: Math.min(budget, STEPS_EACH),
    });
    budget -= used;
    return isCoverable === false;
  });
}

const STEPS_EACH = 300;

/** An OR-join starts with one token at least: what it needs beyond that makes nothing else possible. */
function orJoinStarts({ orJoins, spots }: Game): Transition[] {
  return orJoins.flatMap((name) => {
    const own = spots.get(name);
    if (own === undefined) return [];
    return [...own.arcs.values()].map((arc) => transition([arc], [own.inside], []));
  });
}

/** The spots that could ever have a token if none were ever taken away. */
function everReached(transitions: readonly Transition[], tokens: ReadonlyMap<number, number>): ReadonlySet<number> {
  const reached = new Set(tokens.keys());
  const takers = new Map<number, Transition[]>();
  for (const each of transitions) {
    for (const spot of each.pre.keys()) {
      const list = takers.get(spot) ?? [];
      takers.set(spot, list);
      list.push(each);
    }
  }
  for (const spot of reached) {
    for (const { pre, post } of takers.get(spot) ?? []) {
      if ([...pre.keys()].every((other) => reached.has(other))) for (const next of post.keys()) reached.add(next);
    }
  }
  return reached;
}
