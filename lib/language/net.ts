import type { Source } from '../model/net-plan.ts';
import { START } from '../model/net-plan.ts';
import { isWorkItem } from './work-item.ts';

/** A transition: the name it leads to, and where that is written, from the state's place. */
export interface Edge {
  readonly target: string;
  readonly steps: readonly (string | number)[];
}

/** The fields that transitions stand in. What stands there need not have been checked. */
interface Leading {
  readonly Type?: unknown;
  readonly Next?: unknown;
  readonly Default?: unknown;
  readonly Choices?: unknown;
  readonly Catch?: unknown;
}

/** All transitions out of a state; a name that is listed n times is there n times. */
export function edgesOf(state: Leading): readonly Edge[] {
  const edges: Edge[] = [];
  addTargets(state.Next, ['Next'], edges);
  addTargets(state.Default, ['Default'], edges);
  for (const list of ['Choices', 'Catch'] as const) {
    listOf(state[list]).forEach((rule, index) => {
      addTargets(fieldsOf(rule)['Next'], [list, index, 'Next'], edges);
    });
  }
  return edges;
}

function addTargets(target: unknown, steps: Edge['steps'], edges: Edge[]): void {
  if (typeof target === 'string') edges.push({ target, steps });
  else {
    listOf(target).forEach((name, index) => {
      if (typeof name === 'string') edges.push({ target: name, steps: [...steps, index] });
    });
  }
}

/**
 * Of each state that something leads to, where its incoming arcs begin: one for each ordered pair of states, in the
 * order of the document, `StartAt` first.
 */
export function sourcesOf(
  startAt: string,
  states: Iterable<readonly [string, readonly Edge[]]>,
): ReadonlyMap<string, readonly Source[]> {
  const found = new Map<string, Set<Source>>([[startAt, new Set([START])]]);
  for (const [name, edges] of states) {
    for (const { target } of edges) {
      const sources = found.get(target);
      if (sources === undefined) found.set(target, new Set([name]));
      else sources.add(name);
    }
  }
  return new Map([...found].map(([name, sources]) => [name, [...sources]]));
}

/** The fields of a scope that say whether it is a net. What stands there need not have been checked. */
interface ScopeFields {
  readonly States?: unknown;
  readonly Mutex?: unknown;
}

/** What makes the scope of a state a net, where the state has it. */
const netFields = ['Join', 'Cancels', 'Completes', 'Trigger', 'Milestone', 'Select'];

/**
 * Whether a scope has to be run as a net: several tokens at a time, joins, places, start conditions, work that is
 * offered. All others are plain Amazon States Language: there is one token, which never waits on an arc.
 */
export function usesNet({ States, Mutex }: ScopeFields): boolean {
  return Mutex !== undefined || Object.values(fieldsOf(States)).some((state) => isOfNet(fieldsOf(state)));
}

function isOfNet(state: Fields): boolean {
  if (state['Type'] === 'Place' || netFields.some((name) => Object.hasOwn(state, name))) return true;
  return isWorkItem(state['Resource']) || targetFields(state).some((next) => Array.isArray(next) && next.length !== 1);
}

function targetFields(state: Fields): readonly unknown[] {
  const rules = ['Choices', 'Catch'].flatMap((list) => listOf(state[list]));
  return [state['Next'], state['Default'], ...rules.map((rule) => fieldsOf(rule)['Next'])];
}

/** Fields of states that plain Amazon States Language does not have. */
const addedFields = [...netFields, 'Pool', 'Idempotent', 'Completion', 'Rest', 'Dynamic', 'Synchronize'];

/** Whether a definition, or anything in it, uses an addition to Amazon States Language. */
export function usesAdditions(definition: unknown): boolean {
  return Object.hasOwn(fieldsOf(definition), 'Idempotent') || scopeUsesAdditions(fieldsOf(definition));
}

function scopeUsesAdditions(scope: Fields): boolean {
  return usesNet(scope) || Object.values(fieldsOf(scope['States'])).some((state) => isExtended(fieldsOf(state)));
}

function isExtended(state: Fields): boolean {
  if (addedFields.some((name) => Object.hasOwn(state, name)) || targetFields(state).some(Array.isArray)) return true;
  const inner = [...listOf(state['Branches']), state['ItemProcessor'], state['Iterator']];
  return inner.some((scope) => scope !== undefined && scopeUsesAdditions(fieldsOf(scope)));
}

type Fields = Readonly<Record<string, unknown>>;

const NO_FIELDS: Fields = {};

function fieldsOf(value: unknown): Fields {
  // What is an object and no list can be asked for any name.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NO_FIELDS;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
