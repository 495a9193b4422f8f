import type { Marking } from '../../model/net/or-join.ts';
import type { Source } from '../../model/net-plan.ts';
import type { Game } from './game.ts';

/** How many tokens, by spot; none where it is not mentioned. */
export type Counts = ReadonlyMap<number, number>;

export function markingOf({ scope, spots }: Game, tokens: Counts): Marking {
  const arcs = new Map<string, Map<Source, number>>();
  const resting = new Map<string, number>();
  const busy = new Map<string, number>();
  const joined = new Map<string, number>();
  for (const [name, own] of spots) {
    const isPlace = scope.states.get(name)?.type === 'Place';
    note(isPlace ? resting : busy, name, tokens.get(own.inside));
    note(joined, name, tokens.get(own.joined));
    const before = new Map<Source, number>();
    for (const [source, spot] of own.arcs) {
      const isOfPlace = source !== null && spots.get(source)?.inside === spot;
      if (!isOfPlace) note(before, source, tokens.get(spot));
    }
    if (before.size > 0) arcs.set(name, before);
  }
  return { arcs, resting, busy, joined };
}

function note<K>(counts: Map<K, number>, key: K, count: number | undefined): void {
  if (count !== undefined) counts.set(key, count);
}
