import type { StateDefinition } from '../../language/definition.ts';
import { START } from '../../model/net-plan.ts';
import type { Graph } from '../graph.ts';
import { joinOf, type Scope, splitsOf } from '../scope.ts';

/** Which of the three an OR-join is: WCP-7, 37 or 38, by the net before it. */
export function activeJoin(scope: Scope, join: string): 7 | 37 | 38 {
  /** What happens until the join starts. */
  const open = scope.graph.without(new Set([join]));
  const sources = (scope.sources.get(join) ?? []).filter((source) => source !== START && source !== join);
  const before = new Set(sources.flatMap((source) => (source === START ? [] : [source, ...open.before(source)])));
  const looping = new Set(open.cycles().flatMap((cycle) => [...cycle]));
  const cancelled = new Set([...scope.states.values()].flatMap(withdrawn));
  /** Where path alone does not tell whether a token still comes. */
  const isHard = (name: string) =>
    looping.has(name) || cancelled.has(name) || joinOf(scope.states.get(name)) !== undefined;

  const splits = [...splitsOf(scope).keys()].filter((split) => before.has(split) && !looping.has(split));
  if (splits.some((split) => isPair(scope, open, split, join, isHard))) return 7;
  const isGeneral = cancelled.has(join) || scope.graph.after(join).has(join) || [...before].some(isHard);
  return isGeneral ? 38 : 37;
}

/** What a state withdraws when it completes, or when its join fires. */
function withdrawn(state: StateDefinition): readonly string[] {
  if (state.Type === 'Place') return [];
  const join = joinOf(state);
  const byJoin = typeof join === 'object' && 'Cancels' in join ? (join.Cancels ?? []) : [];
  return [...(state.Cancels ?? []), ...byJoin];
}

/** Whether the split has the join to itself: all that leaves the split reaches the join, and nothing else does. */
function isPair(scope: Scope, open: Graph, split: string, join: string, isHard: (name: string) => boolean): boolean {
  const between = new Set(open.from(split));
  between.delete(split);
  const comesFromPair = (state: string) =>
    (scope.sources.get(state) ?? []).every((source) => source !== START && (source === split || between.has(source)));
  if (!comesFromPair(join)) return false;
  return [...between].every((name) => !isHard(name) && goesOn(scope, name) && comesFromPair(name));
}

/** Every way out of the state leads to another. */
function goesOn(scope: Scope, name: string): boolean {
  const state = scope.states.get(name);
  if (state === undefined || state.Type === 'Succeed' || state.Type === 'Fail') return false;
  return !('End' in state && state.End === true) && scope.graph.after(name).size > 0;
}
