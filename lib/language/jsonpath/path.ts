import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { PathEnvironment } from './environment.ts';
import { pathNotFound, variableUndefined } from './errors.ts';
import { applyPathFunction } from './path-function.ts';
import { compileLookup, type Lookup } from './path-lookup.ts';
import { startSearch } from './path-search.ts';
import { compileSelection, isDefinite } from './path-selection.ts';
import { parsePath } from './path-syntax.ts';
import type { ParsedPath, PathRoot, PathStep } from './path-tree.ts';

/**
 * A compiled path. A definite path names one value; any other gives the array of its matches, in document order,
 * which may be empty. Even those fail where their definite beginning (`$.items` in `$.items[*].id`) does not exist.
 */
export interface CompiledPath {
  readonly text: string;
  readonly root: PathRoot;
  readonly definite: boolean;
  /** The workflow variables it refers to. */
  readonly variables: readonly string[];
  /** The value, or undefined if the path leads nowhere. */
  readonly find: (env: PathEnvironment) => Json | undefined;
  /** The value; throws `PathError` (`path-not-found`, `variable-undefined`). */
  readonly evaluate: (env: PathEnvironment) => Json;
}

/**
 * Compiles a path in the dialect of Step Functions, which is Jayway JsonPath's. `field` is the definition's field
 * that holds it, for the wording of errors. Throws `PathSyntaxError`.
 */
export function compilePath(text: string, field?: string): CompiledPath {
  return compileParsedPath(text, parsePath(text), field);
}

export function compileParsedPath(text: string, path: ParsedPath, field?: string): CompiledPath {
  const { root, steps } = path;
  const lookup = compileSteps(text, steps);
  const find = compileFind(root, lookup);
  return {
    text,
    root,
    definite: isDefinite(steps),
    variables: root.kind === 'variable' ? [root.name] : [],
    find,
    evaluate: (env) => {
      const value = find(env);
      if (value === undefined) throw notFound(text, root, field, env);
      return value;
    },
  };
}

function compileFind(root: PathRoot, lookup: Lookup): (env: PathEnvironment) => Json | undefined {
  switch (root.kind) {
    case 'input':
      return (env) => lookup(env.input, env.budget);
    case 'context':
      return (env) => lookup(env.context, env.budget);
    case 'variable': {
      const { name } = root;
      return (env) => {
        const value = variable(env.variables, name);
        return value === undefined ? undefined : lookup(value, env.budget);
      };
    }
  }
}

function variable(variables: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function notFound(text: string, root: PathRoot, field: string | undefined, env: PathEnvironment) {
  if (root.kind === 'input') return pathNotFound(text, field, env.input);
  if (root.kind === 'context') return pathNotFound(text, field, env.context);
  const value = variable(env.variables, root.name);
  return value === undefined ? variableUndefined(text, root.name, field) : pathNotFound(text, field, value);
}

function compileSteps(text: string, steps: readonly PathStep[]): Lookup {
  const last = steps.at(-1);
  if (last?.kind === 'function') {
    const { name } = last;
    const inner = compileSteps(text, steps.slice(0, -1));
    return (value, budget) => {
      const argument = inner(value, budget);
      return argument === undefined ? undefined : applyPathFunction(name, argument);
    };
  }
  const firstOpen = steps.findIndex((step) => step.kind !== 'property' && step.kind !== 'index');
  if (firstOpen === -1) return compileLookup(steps);
  const begin = compileLookup(steps.slice(0, firstOpen));
  const open = steps.slice(firstOpen);
  if (isDefinite(open)) return compileMerge(begin, open);
  const select = compileSelection(open);
  const applies = applicability(open[0]);
  return (value, budget) => {
    const start = begin(value);
    if (start === undefined || !applies(start)) return undefined;
    const found: Json[] = [];
    const search = startSearch(text, value, budget);
    select(start, search, found);
    budget?.take(search.visits);
    return found;
  };
}

/** `$['a','b']` at the end of a definite path is one object with those of the properties that exist. */
function compileMerge(begin: Lookup, steps: readonly PathStep[]): Lookup {
  const step = steps[0];
  const names = step?.kind === 'properties' ? step.names : [];
  return (value) => {
    const start = begin(value);
    if (!isJsonObject(start)) return undefined;
    const present = names.filter((name) => Object.hasOwn(start, name));
    return Object.fromEntries(present.map((name) => [name, start[name] ?? null]));
  };
}

/** What the first indefinite step must stand on: elsewhere the whole path leads nowhere instead of matching nothing. */
function applicability(step: PathStep | undefined): (value: Json) => boolean {
  switch (step?.kind) {
    case 'indexes':
    case 'slice':
      return isJsonArray;
    case 'properties':
      return isJsonObject;
    case 'filter':
      return (value) => typeof value === 'object' && value !== null;
    default:
      return () => true;
  }
}
