import type { Budget } from '../../model/budget.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { PathStep } from './path-tree.ts';

/** From a value to the one value that definite steps lead to. Searches are charged to the budget. */
export type Lookup = (value: Json, budget?: Budget) => Json | undefined;

/** The property of an object; undefined if there is none, or no object. */
export function readProperty(value: Json | undefined, name: string): Json | undefined {
  if (!isJsonObject(value)) return undefined;
  // Objects inherit `constructor` and a few more, which are not properties of theirs.
  return name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name];
}

/** The element of an array; negative indexes count from the end. */
export function readIndex(value: Json | undefined, index: number): Json | undefined {
  return isJsonArray(value) ? value.at(index) : undefined;
}

/** Compiles steps that are all properties and indexes. Short chains of plain properties get closures of their own. */
export function compileLookup(steps: readonly PathStep[]): Lookup {
  const names = plainNames(steps);
  const [first, second, third] = names ?? [];
  if (steps.length === 0) return (value) => value;
  if (first !== undefined && names?.length === 1) return (value) => readPlain(value, first);
  if (first !== undefined && second !== undefined && names?.length === 2) {
    return (value) => readPlain(readPlain(value, first), second);
  }
  if (first !== undefined && second !== undefined && third !== undefined && names?.length === 3) {
    return (value) => readPlain(readPlain(readPlain(value, first), second), third);
  }
  return (value) => {
    let found: Json | undefined = value;
    for (const step of steps) {
      if (step.kind === 'property') found = readProperty(found, step.name);
      else if (step.kind === 'index') found = readIndex(found, step.index);
      if (found === undefined) return undefined;
    }
    return found;
  };
}

/** The names, if every step is a property whose name no object inherits. */
function plainNames(steps: readonly PathStep[]): readonly string[] | undefined {
  const names: string[] = [];
  for (const step of steps) {
    if (step.kind !== 'property' || step.name in Object.prototype) return undefined;
    names.push(step.name);
  }
  return names;
}

function readPlain(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !isJsonArray(value) ? value[name] : undefined;
}
