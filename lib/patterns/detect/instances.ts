import type { MapDefinition } from '../../language/definition.ts';
import { type Detector, pointerTo } from '../scope.ts';

/** WCP-12 to 15, 34 to 36: what a Map waits for. */
export const instances: Detector = (scope, note) => {
  for (const [name, state] of scope.states) {
    if (state.Type !== 'Map') continue;
    const field = fieldOf(state);
    for (const number of kindsOf(state)) note(number, pointerTo(scope, name, ...(field === undefined ? [] : [field])));
  }
};

function kindsOf(map: MapDefinition): readonly number[] {
  if (map.Synchronize === false) return [12];
  if (map.Completion !== undefined) {
    const cancels = map.Rest === 'cancel' ? [35] : [];
    return map.Dynamic === true ? [36, ...cancels] : cancels.length > 0 ? cancels : [34];
  }
  if (map.Dynamic === true) return [15];
  return [Array.isArray(map.Items) ? 13 : 14];
}

/** The field that makes a Map what it is. */
function fieldOf(map: MapDefinition): string | undefined {
  if (map.Synchronize === false) return 'Synchronize';
  if (map.Completion !== undefined) return 'Completion';
  if (map.Dynamic === true) return 'Dynamic';
  return map.Items === undefined ? undefined : 'Items';
}
