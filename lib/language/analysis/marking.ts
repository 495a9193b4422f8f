import type { Marking } from '../../model/net/or-join.ts';
import type { Source } from '../../model/net-plan.ts';
import type { Game } from './game.ts';

/** How many tokens, by spot; none where it is not mentioned. */
export type Counts = ReadonlyMap<number, number>;

interface Draft {
  readonly arcs: Map<string, Map<Source, number>>;
  readonly resting: Map<string, number>;
  readonly busy: Map<string, number>;
  readonly joined: Map<string, number>;
}

/** Gives markings of a game the form in which OR-joins are decided. */
export function markings({ scope, spots }: Game): (tokens: Counts) => Marking {
  const notes = new Map<number, (into: Draft, count: number) => void>();
  for (const [name, own] of spots) {
    const where = scope.states.get(name)?.type === 'Place' ? 'resting' : 'busy';
    notes.set(own.inside, (into, count) => into[where].set(name, count));
    notes.set(own.joined, (into, count) => into.joined.set(name, count));
  }
  for (const [name, own] of spots) {
    for (const [source, spot] of own.arcs) {
      // The arcs out of a Place share its spot.
      if (!notes.has(spot)) notes.set(spot, (into, count) => noteArc(into, name, source, count));
    }
  }
  return (tokens) => {
    const marking: Draft = { arcs: new Map(), resting: new Map(), busy: new Map(), joined: new Map() };
    for (const [spot, count] of tokens) notes.get(spot)?.(marking, count);
    return marking;
  };
}

function noteArc({ arcs }: Draft, name: string, source: Source, count: number): void {
  const before = arcs.get(name);
  if (before === undefined) arcs.set(name, new Map([[source, count]]));
  else before.set(source, count);
}
