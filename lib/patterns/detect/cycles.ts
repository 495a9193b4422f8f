import { START } from '../../model/net-plan.ts';
import { type Detector, pointerTo, type Scope } from '../scope.ts';

/** WCP-10, 21: cycles, by how many entries and exits they have. */
export const cycles: Detector = (scope, note) => {
  for (const cycle of scope.graph.cycles()) {
    const entries = [...cycle].filter((name) =>
      (scope.sources.get(name) ?? []).some((source) => source === START || !cycle.has(source)),
    );
    const exits = [...cycle].filter((name) => isLeft(scope, name, cycle));
    const kind = entries.length > 1 || exits.length > 1 ? 10 : 21;
    for (const entry of entries) note(kind, pointerTo(scope, entry));
  }
};

/** A catcher is not counted: it is how the cycle fails. */
function isLeft(scope: Scope, name: string, cycle: ReadonlySet<string>): boolean {
  const state = scope.states.get(name);
  const ends = state !== undefined && 'End' in state && state.End === true;
  const edges = scope.edges.get(name) ?? [];
  return ends || edges.some(({ target, steps }) => steps[0] !== 'Catch' && !cycle.has(target));
}
