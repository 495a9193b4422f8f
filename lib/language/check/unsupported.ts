import { isJsonObject, type Json } from '../../model/json.ts';
import type { Definition, ScopeDefinition } from '../definition.ts';
import { type Finding, jsonPointer, locationOf, type Path } from './finding.ts';

const fields = ['ItemReader', 'ItemBatcher', 'ResultWriter'];

/** Parts of the language that are legal but that the engine cannot carry out yet. */
export function unsupportedFields(definition: Definition): readonly Finding[] {
  const findings: Finding[] = [];
  visit(definition, [], (state, path) => {
    if (!isJsonObject(state)) return;
    for (const field of fields.filter((name) => name in state)) {
      const place = [...path, field];
      const message = `Field '${field}' is not supported yet; give the Map its items and take its results in the state's input and output`;
      findings.push({
        pointer: jsonPointer(place),
        location: locationOf(place),
        code: 'NOT_SUPPORTED_YET',
        message,
        severity: 'ERROR',
      });
    }
  });
  return findings;
}

function visit(scope: ScopeDefinition, path: Path, see: (state: Json, path: Path) => void): void {
  for (const [name, state] of Object.entries(scope.States)) {
    const at = [...path, 'States', name];
    // A state is JSON; its type only names the fields that are known.
    see(state as unknown as Json, at);
    if (state.Type === 'Parallel') {
      for (const [index, branch] of state.Branches.entries()) visit(branch, [...at, 'Branches', index], see);
    } else if (state.Type === 'Map') {
      const processor = state.ItemProcessor ?? state.Iterator;
      const field = state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor';
      if (processor !== undefined) visit(processor, [...at, field], see);
    }
  }
}
