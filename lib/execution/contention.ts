import { StoreUnavailable } from '../ports/event-store.ts';

/** Enough for a hundred writers at the same time, of whom each round lets one through. */
const ROUNDS = 100;

/**
 * The next round of a loop that reads a record, changes it, and writes it unless somebody else was faster: in every round
 * somebody gets on, so that there is no pause between them, but no caller goes on for ever.
 *
 * @throws StoreUnavailable when others have been faster a hundred times in a row.
 */
export function nextRound(round: number, what: string): number {
  if (round + 1 < ROUNDS) return round + 1;
  throw new StoreUnavailable(`Others change ${what} all the time. Try again later.`);
}
