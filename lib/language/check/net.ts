import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { sourcesOf } from '../net.ts';
import { checkMutexes } from './mutex.ts';
import { isKnown, type Scope } from './reference.ts';
import type { Site } from './site.ts';

/** Checks the additions of a scope against its other states. Their form has been checked. */
export function checkNet(fields: JsonObject, scope: Scope): void {
  const { StartAt, Mutex } = fields;
  const sources = sourcesOf(typeof StartAt === 'string' ? StartAt : '', scope.edges);
  for (const [name, state] of Object.entries(scope.states)) {
    if (!isJsonObject(state)) continue;
    const site = scope.site.at('States').at(name);
    if (state['Type'] === 'Place') checkPlace(state, scope, site);
    else checkReferences(state, scope, site);
    checkCount(state['Join'], name, sources.get(name)?.length ?? 0, site.at('Join'));
  }
  if (Mutex !== undefined) checkMutexes(Mutex, scope, scope.site.at('Mutex'));
}

function checkReferences(state: JsonObject, scope: Scope, site: Site): void {
  const { Cancels, Completes, Join, Milestone } = state;
  checkNames(Cancels, scope, site.at('Cancels'));
  if (isJsonObject(Join)) checkNames(Join['Cancels'], scope, site.at('Join').at('Cancels'));
  for (const [name, at] of namesIn(Completes, site.at('Completes'))) {
    if (!isKnown(name, scope, at) || isInlineMap(scope.states[name])) continue;
    const message = `'${name}' cannot be completed from outside, for it is no inline Map: name one, or use 'Cancels'`;
    at.report('INVALID_STATE_REFERENCE', message);
  }
  if (typeof Milestone !== 'string') return;
  const at = site.at('Milestone');
  if (!isKnown(Milestone, scope, at) || isPlace(scope.states[Milestone])) return;
  at.report('INVALID_STATE_REFERENCE', `'${Milestone}' is no Place: a milestone is a place in which a token must rest`);
}

function checkNames(names: Json | undefined, scope: Scope, site: Site): void {
  for (const [name, at] of namesIn(names, site)) isKnown(name, scope, at);
}

function namesIn(value: Json | undefined, site: Site): readonly (readonly [string, Site])[] {
  if (!isJsonArray(value)) return [];
  return value.flatMap((name, index) => (typeof name === 'string' ? [[name, site.at(index)] as const] : []));
}

function isPlace(state: Json | undefined): boolean {
  return isJsonObject(state) && state['Type'] === 'Place';
}

function isInlineMap(state: Json | undefined): boolean {
  if (!isJsonObject(state) || state['Type'] !== 'Map') return false;
  const { ItemProcessor } = state;
  const config = isJsonObject(ItemProcessor) ? ItemProcessor['ProcessorConfig'] : undefined;
  return !(isJsonObject(config) && config['Mode'] === 'DISTRIBUTED');
}

/** A place gives each token to one of the states it leads to, and those have to start with it. */
function checkPlace({ Next }: JsonObject, scope: Scope, site: Site): void {
  const named = new Set<string>();
  const targets = typeof Next === 'string' ? [[Next, site.at('Next')] as const] : namesIn(Next, site.at('Next'));
  for (const [name, at] of targets) {
    if (isPlace(scope.states[name])) {
      const message = `A place starts nothing, so no token could go on from here to the place '${name}': put a Pass between them`;
      at.report('INVALID_STATE_REFERENCE', message);
    } else if (named.has(name)) {
      at.warn('WITHOUT_EFFECT', `'${name}' is named before: a place gives each token to one state; leave it out`);
    }
    named.add(name);
  }
}

function checkCount(join: Json | undefined, name: string, arcs: number, site: Site): void {
  if (!isJsonObject(join)) return;
  const { Count } = join;
  if (typeof Count !== 'number' || Count <= arcs) return;
  const lead = arcs === 1 ? 'only 1 arc leads' : `only ${arcs} arcs lead`;
  const message = `The join waits for ${Count} branches, but ${lead} to the state '${name}': lower 'Count'`;
  site.at('Count').report('JOIN_COUNT_TOO_LARGE', message);
}
