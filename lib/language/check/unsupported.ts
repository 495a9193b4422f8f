import { isJsonObject, type Json } from '../../model/json.ts';
import type { Definition, ScopeDefinition } from '../definition.ts';
import { parseResource } from '../resource.ts';
import { type Finding, jsonPointer, locationOf, type Path } from './finding.ts';

/**
 * Parts of the language that are legal but that the engine cannot carry out: integrations other than those listed
 * (`service:action`), whose tasks fail when they are reached.
 */
export function unsupportedParts(
  definition: Definition,
  integrations?: Pick<ReadonlySet<string>, 'has'>,
): readonly Finding[] {
  const findings: Finding[] = [];
  visit(definition, [], (state, path) => {
    if (!isJsonObject(state)) return;
    const missing = missingIntegration(state['Resource'], integrations);
    if (missing !== undefined) {
      const message = `The engine has no integration '${missing}' yet, so the state will fail; call it from a Lambda function, or through an activity`;
      const place = [...path, 'Resource'];
      findings.push({
        pointer: jsonPointer(place),
        location: locationOf(place),
        code: 'NOT_SUPPORTED_YET',
        message,
        severity: 'WARNING',
      });
    }
  });
  return findings;
}

function missingIntegration(
  resource: Json | undefined,
  integrations: Pick<ReadonlySet<string>, 'has'> | undefined,
): string | undefined {
  if (typeof resource !== 'string' || integrations === undefined) return undefined;
  const parsed = parseResource(resource);
  if (!parsed.ok || parsed.resource.kind !== 'service') return undefined;
  const name = `${parsed.resource.service}:${parsed.resource.action}`;
  return integrations.has(name) ? undefined : name;
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
