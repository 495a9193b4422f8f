import type { JsonObject } from '../../model/json.ts';
import type { Edge } from '../net.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

/** What the states of a scope are checked against when they name each other. */
export interface Scope {
  readonly states: JsonObject;
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  readonly site: Site;
}

/** Reports a name that no state of the scope has. */
export function isKnown(name: string, { states }: Scope, site: Site): boolean {
  if (Object.hasOwn(states, name)) return true;
  const message = `There is no state '${name}' in this scope: only states of the same scope can be named`;
  site.report('UNKNOWN_STATE', message, 'ERROR', suggestion(site, name, Object.keys(states)));
  return false;
}
