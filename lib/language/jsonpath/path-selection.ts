import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { compileFilter } from './filter.ts';
import { readIndex, readProperty } from './path-lookup.ts';
import { countVisit, type Search } from './path-search.ts';
import type { PathStep } from './path-tree.ts';

/** Appends every match below `value` to `found`. */
export type Selection = (value: Json, search: Search, found: Json[]) => void;

/** Whether steps name one value at most. Several names at the end count as one value: they make one object. */
export function isDefinite(steps: readonly PathStep[]): boolean {
  const last = steps.at(-1);
  if (last?.kind === 'function') return true;
  return steps.every(
    (step) =>
      step.kind === 'property' ||
      step.kind === 'index' ||
      (step.kind === 'properties' && step === last && named(steps)),
  );
}

function named(steps: readonly PathStep[]): boolean {
  return steps.slice(0, -1).every((step) => step.kind === 'property' || step.kind === 'index');
}

/** Compiles steps from the last to the first into one closure each. */
export function compileSelection(steps: readonly PathStep[]): Selection {
  let next: Selection = (value, _search, found) => {
    found.push(value);
  };
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const step = steps[i];
    if (step === undefined) continue;
    if (steps[i - 1]?.kind === 'scan') {
      next = compileScan(step, next);
      i -= 1;
    } else {
      next = compileStep(step, next);
    }
  }
  return next;
}

function compileStep(step: PathStep, next: Selection): Selection {
  switch (step.kind) {
    case 'property':
      return (value, search, found) => pass(readProperty(value, step.name), next, search, found);
    case 'properties':
      return (value, search, found) => {
        for (const name of step.names) pass(readProperty(value, name), next, search, found);
      };
    case 'index':
      return (value, search, found) => pass(readIndex(value, step.index), next, search, found);
    case 'indexes':
      return (value, search, found) => {
        for (const index of step.indexes) pass(readIndex(value, index), next, search, found);
      };
    case 'slice':
      return (value, search, found) => {
        if (!isJsonArray(value)) return;
        const items = value.slice(step.start ?? 0, step.end);
        for (let i = 0; i < items.length; i += step.by) pass(items[i], next, search, found);
      };
    case 'wildcard':
      return (value, search, found) => {
        for (const child of childrenOf(value)) pass(child, next, search, found);
      };
    case 'filter':
      return compileFilterStep(step.filter, next);
    case 'scan':
    case 'function':
      throw new Error(`A "${step.kind}" step cannot stand here.`);
  }
}

function pass(value: Json | undefined, next: Selection, search: Search, found: Json[]): void {
  if (value === undefined) return;
  countVisit(search);
  next(value, search, found);
}

function childrenOf(value: Json): readonly Json[] {
  if (isJsonArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

/** An array is filtered by its elements; an object is tested itself. */
function compileFilterStep(filter: Extract<PathStep, { kind: 'filter' }>['filter'], next: Selection): Selection {
  const test = compileFilter(filter, compileSelection);
  return (value, search, found) => {
    if (isJsonArray(value)) {
      for (const item of value) {
        countVisit(search);
        if (test(item, search)) next(item, search, found);
      }
    } else if (isJsonObject(value) && test(value, search)) {
      next(value, search, found);
    }
  };
}

/** `..` and the step after it: parents before their children. A filter tests each object once, where it stands. */
function compileScan(step: PathStep, next: Selection): Selection {
  const test = step.kind === 'filter' ? compileFilter(step.filter, compileSelection) : undefined;
  const apply: Selection =
    test === undefined
      ? compileStep(step, next)
      : (value, search, found) => {
          if (isJsonObject(value) && test(value, search)) next(value, search, found);
        };
  const descend: Selection = (value, search, found) => {
    countVisit(search);
    apply(value, search, found);
    for (const child of childrenOf(value)) {
      if (typeof child === 'object' && child !== null) descend(child, search, found);
    }
  };
  return descend;
}
