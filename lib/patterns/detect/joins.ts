import type { JoinDefinition } from '../../language/definition.ts';
import { START } from '../../model/net-plan.ts';
import { type Detector, joinOf, type Note, pointerTo, type Scope } from '../scope.ts';
import { activeJoin } from './active-join.ts';
import { type Concurrency, concurrencyOf } from './concurrency.ts';

/** WCP-3, 5, 7, 8, 9, 28–33, 37, 38, 41: where tokens come together. */
export const joins: Detector = (scope, note) => {
  const concurrency = scope.isNet ? concurrencyOf(scope) : undefined;
  for (const [name, state] of scope.states) {
    if (state.Type === 'Parallel' && state.Branches.length > 1) note(3, pointerTo(scope, name));
    const join = joinOf(state);
    if (join !== undefined) noteJoin(scope, name, join, concurrency, note);
    else if ((scope.sources.get(name) ?? []).length > 1) {
      note(concurrency?.meets(name) === true ? 8 : 5, pointerTo(scope, name));
    }
  }
};

function noteJoin(
  scope: Scope,
  name: string,
  join: JoinDefinition,
  concurrency: Concurrency | undefined,
  note: Note,
): void {
  const pointer = pointerTo(scope, name, 'Join');
  if (join === 'active') note(activeJoin(scope, name), pointer);
  else if (join === 'all') {
    const sources = scope.sources.get(name) ?? [];
    const isUnsafe = sources.some((source) => source !== START && concurrency?.repeats(source) === true);
    note(isUnsafe ? 33 : 3, pointer);
  } else if (typeof join === 'object' && 'Threads' in join) note(41, pointer);
  else if (typeof join === 'object') {
    const isFirst = join.Count === 1;
    if (join.Rest === 'cancel') note(isFirst ? 29 : 32, pointer);
    else {
      note(isFirst ? 9 : 30, pointer);
      if (scope.graph.before(name).has(name)) note(isFirst ? 28 : 31, pointer);
    }
  }
}
