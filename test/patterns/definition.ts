import type { Json, JsonObject } from '../../lib/model/json.ts';

/** What players need to know of definitions. */

interface DefinedState {
  readonly name: string;
  /** In the items of a Map. */
  readonly isInMap: boolean;
  readonly type: string;
  readonly resource?: string;
}

/** All states of a definition, at any depth. */
export function statesOf(definition: Json, isInMap = false): readonly DefinedState[] {
  if (typeof definition !== 'object' || definition === null) return [];
  if (Array.isArray(definition)) return definition.flatMap((part) => statesOf(part, isInMap));
  return Object.entries(definition as JsonObject).flatMap(([key, value]) => {
    if (key !== 'States') return statesOf(value, isInMap);
    return Object.entries(value as JsonObject).flatMap(([name, state]) => {
      const { Type, Resource } = state as { Type: string; Resource?: string };
      const found = { name, isInMap, type: Type, ...(Resource === undefined ? {} : { resource: Resource }) };
      return [found, ...statesOf(state, isInMap || Type === 'Map')];
    });
  });
}

/** How many states of its scope lead to a state, with `StartAt`. */
export function sourcesOf(definition: Json, state: string): number {
  if (typeof definition !== 'object' || definition === null) return 0;
  if (Array.isArray(definition)) return definition.reduce<number>((sum, part) => sum + sourcesOf(part, state), 0);
  const { States, StartAt, ...rest } = definition as JsonObject;
  const inner = sourcesOf(Object.values(rest), state);
  if (typeof States !== 'object' || States === null || Array.isArray(States)) return inner;
  const names = Object.values(States).filter((one) => targetsIn(one).includes(state)).length;
  const isHere = state in States;
  return inner + sourcesOf(Object.values(States), state) + (isHere ? names + (StartAt === state ? 1 : 0) : 0);
}

/** Where a state leads: its `Next`, those of its rules and catchers, and its default. */
function targetsIn(state: Json): readonly Json[] {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return [];
  const { Next = [], Default = [], Choices = [], Catch = [] } = state as JsonObject;
  const further = [Choices, Catch].flat().flatMap((one) => targetsIn(one));
  return [...[Next].flat(), ...[Default].flat(), ...further];
}
