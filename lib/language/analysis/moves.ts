import type { Transition } from '../../model/net/reset-net.ts';
import type { Game, Move } from './game.ts';
import type { Counts } from './marking.ts';

/** What moves of the token game do to markings. */

export function takersOf({ size, moves }: Game): readonly (readonly Move[])[] {
  const takers: Move[][] = Array.from({ length: size }, () => []);
  for (const move of moves) for (const spot of move.pre.keys()) takers[spot]?.push(move);
  return takers;
}

/**
 * Moves that take the one token of a spot and empty nothing stay possible whatever else happens, and prevent nothing:
 * to go on with them alone finds every end that there is (stubborn sets, Valmari 1989).
 */
export function eagerSpots(
  { size, moves, orJoins, spots }: Game,
  takers: readonly (readonly Move[])[],
): ReadonlySet<number> {
  const resetters = Array.from({ length: size }, () => new Set<Transition>());
  for (const move of moves) for (const spot of move.resets) resetters[spot]?.add(move);
  const beforeOrJoins = new Set(orJoins.flatMap((name) => [...(spots.get(name)?.arcs.values() ?? [])]));
  const isEager = (spot: number) => {
    const own = takers[spot] ?? [];
    if (own.length === 0 || beforeOrJoins.has(spot)) return false;
    return own.every(({ pre, post, resets }) => {
      if (pre.size !== 1 || pre.get(spot) !== 1 || resets.size > 0) return false;
      return [...post.keys()].every((target) => {
        for (const resetter of resetters[target] ?? []) if (!resetters[spot]?.has(resetter)) return false;
        return true;
      });
    });
  };
  return new Set(Array.from({ length: size }, (_, spot) => spot).filter(isEager));
}

export function isEnabled({ pre }: Move, tokens: Counts): boolean {
  for (const [spot, weight] of pre) if ((tokens.get(spot) ?? 0) < weight) return false;
  return true;
}

export function fire({ pre, resets, post }: Move, before: Counts): Map<number, number> {
  const tokens = new Map(before);
  for (const [spot, weight] of pre) {
    const left = (tokens.get(spot) ?? 0) - weight;
    if (left > 0) tokens.set(spot, left);
    else tokens.delete(spot);
  }
  for (const spot of resets) tokens.delete(spot);
  for (const [spot, weight] of post) tokens.set(spot, (tokens.get(spot) ?? 0) + weight);
  return tokens;
}

export function keyOf(tokens: Counts): string {
  return [...tokens]
    .map(([spot, count]) => (count === 1 ? `${spot}` : `${spot}*${count}`))
    .sort()
    .join();
}
