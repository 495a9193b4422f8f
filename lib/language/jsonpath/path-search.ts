import type { Budget } from '../../model/budget.ts';
import type { Json } from '../../model/json.ts';
import { pathTooCostly } from './errors.ts';

/**
 * More values than this no path may look at in one evaluation. Descents within descents grow with a power of the
 * input's depth, and definitions and inputs come from strangers.
 */
const maximumVisits = 1_000_000;

/** One evaluation of a path with wildcards, slices, descents or filters. */
export interface Search {
  /** The text of the path. */
  readonly path: string;
  /** What `$` means in filters. */
  readonly document: Json;
  visits: number;
  /** More visits than this are too many. */
  readonly limit: number;
}

export function startSearch(path: string, document: Json, budget?: Budget): Search {
  const limit = Math.max(0, Math.min(maximumVisits, budget?.left ?? maximumVisits));
  return { path, document, visits: 0, limit };
}

/** Throws `PathError` (`path-too-costly`). */
export function countVisit(search: Search): void {
  search.visits += 1;
  if (search.visits > search.limit) throw pathTooCostly(search.path, search.limit);
}
