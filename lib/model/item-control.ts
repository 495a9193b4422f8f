import type { Json } from './json.ts';
import type { Activation, ItemsWork } from './state.ts';

/** What a Map with a completion of its own keeps of its items, beyond what every Map keeps. */

/** The results of the items that have completed, in the order of the items. */
export function resultsSoFar({ control, results }: ItemsWork): Json[] {
  if (control === undefined) return results;
  return [...control.completed].sort((a, b) => a - b).map((index) => results[index] ?? null);
}

/** Whether the Map has been left, and its open items run on without it. */
export function isLeft({ work }: Activation): boolean {
  return work.kind === 'items' && work.control?.released?.isLeft === true;
}

/** Leaves a Map whose open items run on: its activation stays until they have ended. False: it is to go. */
export function leaveItems({ work }: Activation): boolean {
  if (work.kind !== 'items' || work.control?.released === undefined) return false;
  work.control.released = { result: null, isLeft: true };
  return true;
}
