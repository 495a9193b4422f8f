import type { Source } from '../net-plan.ts';
import type { ScopePlan } from '../plan.ts';
import { type SparseMarking, searchBackward, sparse } from './coverability.ts';
import type { Marking } from './marking.ts';
import { type OrJoinNet, orJoinNet } from './or-join-net.ts';

export type { Marking } from './marking.ts';

export interface OrJoinDecision {
  /**
   * enabled: it may start now. waits: it has no token, or a branch without one can still deliver while all others keep
   * theirs. undecided: the search did not end within its budget; to wait is the safe side.
   */
  readonly kind: 'enabled' | 'waits' | 'undecided';
  /** Of the search; 0 where none was needed. */
  readonly steps: number;
}

/** Steps of a search. The longer it has become the more each costs, so that this many take up to a tenth of a second. */
export const OR_JOIN_BUDGET = 1000;

const ENABLED: OrJoinDecision = { kind: 'enabled', steps: 0 };
const WAITS: OrJoinDecision = { kind: 'waits', steps: 0 };

/**
 * Decides an OR-join as YAWL does (Wynn, Edmond, van der Aalst and ter Hofstede 2005): it starts if some arc has a
 * token, and nothing that can happen without its starting brings a token to an arc that has none, with one left on each
 * arc that has. The search for such a run is the last resort: where no token can get to such an arc at all, or one
 * can without needing or emptying anything else, that is an exact answer already.
 */
export function decideOrJoin(
  scope: ScopePlan,
  join: string,
  marking: Marking,
  budget: number = OR_JOIN_BUDGET,
): OrJoinDecision {
  const net = orJoinNet(scope, join);
  const marked: number[] = [];
  const empty: number[] = [];
  for (const [source, spot] of net.inputs) (isMarked(marking, join, source) ? marked : empty).push(spot);
  if (marked.length === 0) return WAITS;
  if (empty.length === 0) return ENABLED;
  const tokens = net.place(marking);
  const needed = new Set(marked);
  // Not the last token in a place that is one of the marked arcs: it may have to stay.
  const free = new Set([...tokens].filter(([spot, count]) => count > (needed.has(spot) ? 1 : 0)).map(([spot]) => spot));
  const live = new Set(tokens.keys());
  const possible = empty.filter((input) => net.canReach(live, input));
  if (possible.length === 0) return ENABLED;
  if (possible.some((input) => net.isPlain(input) && net.canReach(free, input))) return WAITS;
  if (leadsAlone(net, free, needed, new Set(possible))) return WAITS;
  return search(net, tokens, marked, possible, budget);
}

function isMarked({ arcs, resting }: Marking, join: string, source: Source): boolean {
  return (arcs.get(join)?.get(source) ?? 0) > 0 || (source !== null && (resting.get(source) ?? 0) > 0);
}

/** Whether some token gets to one of the inputs by steps that need that token only, and empty no input that is needed. */
function leadsAlone(
  net: OrJoinNet,
  free: ReadonlySet<number>,
  needed: ReadonlySet<number>,
  inputs: ReadonlySet<number>,
): boolean {
  const reached = new Set(free);
  for (const spot of reached) {
    if (inputs.has(spot)) return true;
    for (const { pre, resets, post } of net.takers(spot)) {
      if (pre.size !== 1 || pre.get(spot) !== 1 || [...resets].some((emptied) => needed.has(emptied))) continue;
      for (const next of post.keys()) reached.add(next);
    }
  }
  return false;
}

function search(
  net: OrJoinNet,
  tokens: ReadonlyMap<number, number>,
  marked: readonly number[],
  empty: readonly number[],
  budget: number,
): OrJoinDecision {
  const reachable = everReached(net, new Set(tokens.keys()));
  const targets = empty
    .filter((input) => reachable.has(input))
    .map((input): SparseMarking => sparse(new Map([...marked, input].map((spot) => [spot, 1]))));
  const { isCoverable, steps } = searchBackward({
    givers: (spot) => net.givers(spot),
    tokens: (spot) => tokens.get(spot) ?? 0,
    isReachable: (spot) => reachable.has(spot),
    targets,
    budget,
  });
  if (isCoverable === undefined) return { kind: 'undecided', steps };
  return { kind: isCoverable ? 'waits' : 'enabled', steps };
}

/** The spots that could ever have a token if none were ever taken away. */
function everReached(net: OrJoinNet, reached: Set<number>): ReadonlySet<number> {
  for (const spot of reached) {
    for (const { pre, post } of net.takers(spot)) {
      if ([...pre.keys()].every((other) => reached.has(other))) for (const next of post.keys()) reached.add(next);
    }
  }
  return reached;
}
