import type { WireEvent } from './client.ts';
import { type Frame, type Place, shownEvent, Trail } from './trail.ts';

/**
 * Which state ended the execution with its failure, from outside to inside, as in `Orders > [3] > ChargeCard`;
 * `undefined`: none did, it timed out or was stopped.
 */
export async function failedState(history: AsyncIterable<WireEvent>): Promise<string | undefined> {
  const trail = new Trail();
  const places = new Map<number, Place>();
  let found: string | undefined;
  for await (const wire of history) {
    const event = shownEvent(wire);
    const place = trail.place(event);
    const before = places.get(event.previousEventId);
    if (event.type === 'ExecutionFailed') found = pathTo(before);
    // A Parallel or Map fails with what failed inside of it.
    const isPassedOn = /^(Parallel|Map)StateFailed$/.test(event.type) && before !== undefined;
    places.set(event.id, isPassedOn ? before : place);
  }
  return found;
}

/** Where no state is to blame, the branch or item as a whole. */
function pathTo(place: Place | undefined): string | undefined {
  if (place === undefined) return undefined;
  const { visit, frame } = place;
  if (visit !== undefined) return [...around(visit.frame), visit.name].join(' > ');
  return frame.owner === undefined ? undefined : around(frame).join(' > ');
}

function around({ owner, kind, items }: Frame): readonly string[] {
  if (owner === undefined) return [];
  const index = kind === 'item' ? items.at(-1) : undefined;
  return [...around(owner.frame), owner.name, ...(index === undefined ? [] : [`[${index}]`])];
}
