import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Site } from './site.ts';

/** Warns of states that need a permit of a pool of which a state around them holds one: they may wait for themselves. */
export function checkNestedPools(scope: JsonObject, site: Site, held: ReadonlyMap<string, string> = new Map()): void {
  const { States } = scope;
  if (!isJsonObject(States)) return;
  for (const [name, state] of Object.entries(States)) {
    if (!isJsonObject(state)) continue;
    const at = site.at('States').at(name);
    const { Pool } = state;
    const holder = typeof Pool === 'string' ? held.get(Pool) : undefined;
    if (holder !== undefined) {
      const advice = 'give them different pools, or leave one of the two out';
      at.at('Pool').warn('POOL_WITHIN_ITSELF', `'${holder}' around it holds a permit of this pool already: ${advice}`);
    }
    const around = typeof Pool === 'string' && holder === undefined ? new Map([...held, [Pool, name]]) : held;
    for (const [inner, steps] of scopesIn(state)) checkNestedPools(inner, at.along(steps), around);
  }
}

function scopesIn({ Branches, ItemProcessor, Iterator }: JsonObject): [JsonObject, (string | number)[]][] {
  const branches = Branches !== undefined && isJsonArray(Branches) ? Branches : [];
  const found: [Json | undefined, (string | number)[]][] = [
    ...branches.map((branch, index): [Json, (string | number)[]] => [branch, ['Branches', index]]),
    [ItemProcessor, ['ItemProcessor']],
    [Iterator, ['Iterator']],
  ];
  return found.flatMap(([scope, steps]) => (isJsonObject(scope) ? [[scope, steps]] : []));
}
