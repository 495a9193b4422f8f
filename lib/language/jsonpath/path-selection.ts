import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { compileFilter } from './filter.ts';
import { readIndex, readProperty } from './path-lookup.ts';
import type { PathStep } from './path-tree.ts';

/** Appends every match below `value` to `found`; `document` is what `$` means in filters. */
export type Selection = (value: Json, document: Json, found: Json[]) => void;

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
  let next: Selection = (value, _document, found) => {
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
      return (value, document, found) => pass(readProperty(value, step.name), next, document, found);
    case 'properties':
      return (value, document, found) => {
        for (const name of step.names) pass(readProperty(value, name), next, document, found);
      };
    case 'index':
      return (value, document, found) => pass(readIndex(value, step.index), next, document, found);
    case 'indexes':
      return (value, document, found) => {
        for (const index of step.indexes) pass(readIndex(value, index), next, document, found);
      };
    case 'slice':
      return (value, document, found) => {
        if (!isJsonArray(value)) return;
        const items = value.slice(step.start ?? 0, step.end);
        for (let i = 0; i < items.length; i += step.by) pass(items[i], next, document, found);
      };
    case 'wildcard':
      return (value, document, found) => {
        for (const child of childrenOf(value)) next(child, document, found);
      };
    case 'filter':
      return compileFilterStep(step.filter, next);
    case 'scan':
    case 'function':
      throw new Error(`A "${step.kind}" step cannot stand here.`);
  }
}

function pass(value: Json | undefined, next: Selection, document: Json, found: Json[]): void {
  if (value !== undefined) next(value, document, found);
}

function childrenOf(value: Json): readonly Json[] {
  if (isJsonArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

/** An array is filtered by its elements; an object is tested itself. */
function compileFilterStep(filter: Extract<PathStep, { kind: 'filter' }>['filter'], next: Selection): Selection {
  const test = compileFilter(filter, compileSelection);
  return (value, document, found) => {
    if (isJsonArray(value)) {
      for (const item of value) if (test(item, document)) next(item, document, found);
    } else if (isJsonObject(value) && test(value, document)) {
      next(value, document, found);
    }
  };
}

/** `..` and the step after it: parents before their children. A filter tests each object once, where it stands. */
function compileScan(step: PathStep, next: Selection): Selection {
  const test = step.kind === 'filter' ? compileFilter(step.filter, compileSelection) : undefined;
  const apply: Selection =
    test === undefined
      ? compileStep(step, next)
      : (value, document, found) => {
          if (isJsonObject(value) && test(value, document)) next(value, document, found);
        };
  const descend: Selection = (value, document, found) => {
    apply(value, document, found);
    for (const child of childrenOf(value)) {
      if (typeof child === 'object' && child !== null) descend(child, document, found);
    }
  };
  return descend;
}
