import type { Plan, ScopePlan } from '../../model/plan.ts';
import type { Path } from '../check/finding.ts';
import type { Definition, ScopeDefinition } from '../definition.ts';

/** A scope of a plan, and where it stands in the document. */
export interface PlacedScope {
  readonly plan: ScopePlan;
  readonly definition: ScopeDefinition;
  readonly path: Path;
}

/** Every scope of a definition, in document order. */
export function scopesIn(definition: Definition, plan: Plan): readonly PlacedScope[] {
  const found: PlacedScope[] = [];
  const add = (index: number, scope: ScopeDefinition | undefined, path: Path) => {
    const own = plan.scopes[index];
    if (own === undefined || scope === undefined) return;
    found.push({ plan: own, definition: scope, path });
    for (const [name, state] of Object.entries(scope.States)) {
      const compiled = own.states.get(name);
      const at = [...path, 'States', name];
      if (state.Type === 'Parallel' && compiled?.type === 'Parallel') {
        compiled.branches.forEach((branch, number) => {
          add(branch, state.Branches[number], [...at, 'Branches', number]);
        });
      } else if (state.Type === 'Map' && compiled?.type === 'Map') {
        const field = state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor';
        add(compiled.processor, state[field], [...at, field]);
      }
    }
  };
  add(0, definition, []);
  return found;
}
