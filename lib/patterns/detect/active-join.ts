import type { StateDefinition } from '../../language/definition.ts';
import { START } from '../../model/net-plan.ts';
import { joinOf, type Scope, splitsOf } from '../scope.ts';

/** Which of the three an OR-join is: WCP-7, 37 or 38, by the net before it. */
export function activeJoin(scope: Scope, join: string): 7 | 37 | 38 {
  if (isStructured(scope, join)) return 7;
  const open = scope.graph.without(new Set([join]));
  const sources = (scope.sources.get(join) ?? []).filter((source) => source !== START && source !== join);
  const before = new Set(sources.flatMap((source) => (source === START ? [] : [source, ...open.before(source)])));
  const isGeneral =
    open.cycles().some((cycle) => [...cycle].some((name) => before.has(name))) ||
    scope.graph.after(join).has(join) ||
    [...before].some((name) => joinOf(scope.states.get(name)) !== undefined) ||
    [...scope.states.values()].some((state) => withdrawn(state).some((name) => name === join || before.has(name)));
  return isGeneral ? 38 : 37;
}

/** What a state withdraws when it completes, or when its join fires. */
function withdrawn(state: StateDefinition): readonly string[] {
  if (state.Type === 'Place') return [];
  const join = joinOf(state);
  const byJoin = typeof join === 'object' && 'Cancels' in join ? (join.Cancels ?? []) : [];
  return [...(state.Cancels ?? []), ...byJoin];
}

/** Whether one split has the join to itself: all that leaves the split reaches the join, and nothing else does. */
function isStructured(scope: Scope, join: string): boolean {
  return [...splitsOf(scope).keys()].some((split) => split !== join && isPair(scope, split, join));
}

function isPair(scope: Scope, split: string, join: string): boolean {
  const barrier = new Set([join]);
  const reached = scope.graph.from(split, barrier);
  const comesBack = scope.graph.without(barrier).before(split).has(split);
  if (!reached.has(join) || comesBack) return false;
  const between = new Set([...reached].filter((name) => name !== join && name !== split));
  const comesFromPair = (state: string) =>
    (scope.sources.get(state) ?? []).every((source) => source !== START && (source === split || between.has(source)));
  return (
    comesFromPair(join) &&
    [...between].every((name) => comesFromPair(name) && goesOn(scope, name) && isCalm(scope, name, between))
  );
}

/** Every way out of the state leads to another. */
function goesOn(scope: Scope, name: string): boolean {
  const state = scope.states.get(name);
  const ends =
    state !== undefined &&
    (state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End === true));
  return !ends && scope.graph.after(name).size > 0;
}

/** On no cycle, waits for nothing, and nobody withdraws it. */
function isCalm(scope: Scope, name: string, between: ReadonlySet<string>): boolean {
  const isWithdrawn = [...scope.states.values()].some((state) => withdrawn(state).includes(name));
  const outside = new Set(scope.graph.nodes.filter((other) => !between.has(other)));
  return (
    !isWithdrawn && joinOf(scope.states.get(name)) === undefined && !scope.graph.without(outside).before(name).has(name)
  );
}
