import { type Detector, type Note, pointerTo, type Scope, waysOf } from '../scope.ts';

/** WCP-1, 2, 4, 6, 16, 42: where tokens go. */
export const splits: Detector = (scope, note) => {
  for (const [name, state] of scope.states) {
    if (state.Type === 'Choice') {
      if (state.Select === 'All') note(6, pointerTo(scope, name, 'Select'));
      else note(4, pointerTo(scope, name));
    }
    if (state.Type === 'Parallel' && state.Branches.length > 1) note(2, pointerTo(scope, name, 'Branches'));
    if (state.Type === 'Place') {
      if (Array.isArray(state.Next) && new Set(state.Next).size > 1) note(16, pointerTo(scope, name, 'Next'));
    } else noteTransitions(scope, name, note);
  }
};

function noteTransitions(scope: Scope, name: string, note: Note): void {
  for (const { pointer, steps, targets } of waysOf(scope, name)) {
    const distinct = new Set(targets).size;
    if (distinct > 1) note(2, pointer);
    if (distinct < targets.length) note(42, pointer);
    if (targets.length === 1 && steps[0] === 'Next') note(1, pointer);
  }
}
