import type { Definition, ScopeDefinition, StateDefinition } from '../language/definition.ts';
import { type Edge, edgesOf, sourcesOf, usesNet } from '../language/net.ts';
import type { Source } from '../model/net-plan.ts';
import { Graph } from './graph.ts';
import type { PatternId } from './pattern.ts';

/** A scope of a definition, as the detectors look at it. */
export interface Scope {
  readonly definition: ScopeDefinition;
  /** JSON pointer to the scope. */
  readonly pointer: string;
  /** A branch of a `Parallel`: others may be at work beside it. */
  readonly isBranch: boolean;
  /** Several tokens may be in it. */
  readonly isNet: boolean;
  readonly states: ReadonlyMap<string, StateDefinition>;
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  readonly sources: ReadonlyMap<string, readonly Source[]>;
  readonly graph: Graph;
}

/** Notes that a pattern is used at a place. */
export type Note = (number: number, pointer: string) => void;

/** Looks for some patterns in a scope. */
export type Detector = (scope: Scope, note: Note) => void;

export function patternId(number: number): PatternId {
  return `WCP-${number}`;
}

/** The scopes of a definition, outer ones before those within. */
export function scopesOf(definition: Definition): readonly Scope[] {
  return within(definition, '', false);
}

function within(definition: ScopeDefinition, pointer: string, isBranch: boolean): readonly Scope[] {
  const inner = Object.entries(definition.States).flatMap(([name, state]) => {
    const place = `${pointer}/States/${escaped(name)}`;
    if (state.Type === 'Parallel') {
      return state.Branches.flatMap((branch, index) =>
        within(branch, `${place}/Branches/${index}`, state.Branches.length > 1),
      );
    }
    if (state.Type !== 'Map') return [];
    const field = state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor';
    const processor = state[field];
    return processor === undefined ? [] : within(processor, `${place}/${field}`, true);
  });
  return [scopeOf(definition, pointer, isBranch), ...inner];
}

function scopeOf(definition: ScopeDefinition, pointer: string, isBranch: boolean): Scope {
  const states = new Map(Object.entries(definition.States));
  const edges = new Map([...states].map(([name, state]) => [name, edgesOf(state)]));
  const graph = new Graph(new Map([...edges].map(([name, list]) => [name, new Set(list.map(({ target }) => target))])));
  const sources = sourcesOf(definition.StartAt, edges);
  return { definition, pointer, isBranch, isNet: usesNet(definition), states, edges, sources, graph };
}

/** JSON pointer to a state of a scope, or to something in it. */
export function pointerTo(scope: Scope, state: string, ...steps: readonly (string | number)[]): string {
  return [`${scope.pointer}/States`, state, ...steps]
    .map((step, index) => (index === 0 ? step : escaped(step)))
    .join('/');
}

function escaped(step: string | number): string {
  return String(step).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The groups of targets that get their tokens together: one for each `Next`, `Default`, rule and catcher. */
export function waysOf(scope: Scope, state: string): readonly Way[] {
  const ways = new Map<string, { steps: readonly (string | number)[]; targets: string[] }>();
  for (const { target, steps } of scope.edges.get(state) ?? []) {
    // Of a target in a list the last step is its place in it.
    const field = typeof steps.at(-1) === 'number' ? steps.slice(0, -1) : steps;
    const key = field.join('/');
    const way = ways.get(key);
    if (way === undefined) ways.set(key, { steps: field, targets: [target] });
    else way.targets.push(target);
  }
  return [...ways.values()].map(({ steps, targets }) => ({
    pointer: pointerTo(scope, state, ...steps),
    steps,
    targets,
  }));
}

export interface Way {
  readonly pointer: string;
  /** From the state. */
  readonly steps: readonly (string | number)[];
  /** A name that is listed n times is there n times. */
  readonly targets: readonly string[];
}

/** Of each state from which several tokens go at the same time, where they go to. */
export function splitsOf(scope: Scope): ReadonlyMap<string, readonly (readonly string[])[]> {
  const splits = new Map<string, readonly (readonly string[])[]>();
  for (const [name, state] of scope.states) {
    if (state.Type === 'Place') continue;
    const ways = waysOf(scope, name).map(({ targets }) => targets);
    const together = state.Type === 'Choice' && state.Select === 'All' ? [ways.flat()] : ways;
    const several = together.filter((targets) => targets.length > 1);
    if (several.length > 0) splits.set(name, several);
  }
  return splits;
}

export function joinOf(state: StateDefinition | undefined) {
  if (state === undefined || state.Type === 'Place' || state.Join === 'any') return undefined;
  return state.Join;
}
