import type { StateDefinition } from '../../language/definition.ts';
import { type Detector, type Note, pointerTo, type Scope } from '../scope.ts';

/** WCP-17, 18, 19, 23 to 27, 39, 40: what states of a net do to one another, and what they wait for. */
export const coordination: Detector = (scope, note) => {
  for (const [name, state] of scope.states) {
    if (state.Type === 'Place') continue;
    if (state.Milestone !== undefined) note(18, pointerTo(scope, name, 'Milestone'));
    if (state.Trigger !== undefined)
      note(state.Trigger.Persistent === false ? 23 : 24, pointerTo(scope, name, 'Trigger'));
    if (state.Completes !== undefined && state.Completes.length > 0) note(27, pointerTo(scope, name, 'Completes'));
    noteCancels(scope, name, state.Cancels ?? [], note);
  }
  for (const [mutex, groups] of Object.entries(scope.definition.Mutex ?? {})) {
    note(kindOf(scope, groups), `${scope.pointer}/Mutex/${mutex.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
};

function noteCancels(scope: Scope, name: string, cancels: readonly string[], note: Note): void {
  const pointer = pointerTo(scope, name, 'Cancels');
  const isMap = (cancelled: string) => typeOf(scope, cancelled) === 'Map';
  if (cancels.some(isMap)) note(26, pointer);
  if (cancels.length > 1) note(25, pointer);
  else if (cancels.length === 1 && !cancels.some(isMap)) note(19, pointer);
}

function typeOf(scope: Scope, name: string): StateDefinition['Type'] | undefined {
  return scope.states.get(name)?.Type;
}

function kindOf(scope: Scope, groups: readonly (string | readonly string[])[]): 17 | 39 | 40 {
  if (groups.some((group) => typeof group !== 'string' && group.length > 1)) return 39;
  const members = groups.flat();
  const isOrdered = members.some((first) => {
    const later = scope.graph.from(first);
    return members.some((second) => second !== first && later.has(second));
  });
  return isOrdered ? 17 : 40;
}
