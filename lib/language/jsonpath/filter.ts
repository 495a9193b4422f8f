import { isJsonArray, isJsonObject, type Json, jsonEqual } from '../../model/json.ts';
import { applyPathFunction } from './path-function.ts';
import type { Search } from './path-search.ts';
import type { Filter, FilterOperator, Operand, PathStep } from './path-tree.ts';

type Test = (element: Json, search: Search) => boolean;
type Value = (element: Json, search: Search) => Json | undefined;

/** How to compile a path in a filter: handed in, as paths contain filters and filters contain paths. */
type CompileSelection = (steps: readonly PathStep[]) => (value: Json, search: Search, found: Json[]) => void;

export function compileFilter(filter: Filter, compileSelection: CompileSelection): Test {
  switch (filter.kind) {
    case 'and': {
      const left = compileFilter(filter.left, compileSelection);
      const right = compileFilter(filter.right, compileSelection);
      return (element, search) => left(element, search) && right(element, search);
    }
    case 'or': {
      const left = compileFilter(filter.left, compileSelection);
      const right = compileFilter(filter.right, compileSelection);
      return (element, search) => left(element, search) || right(element, search);
    }
    case 'not': {
      const inner = compileFilter(filter.filter, compileSelection);
      return (element, search) => !inner(element, search);
    }
    case 'exists':
      return compileExists(filter.operand, compileSelection);
    case 'compare':
      return compileComparison(filter.operator, filter.left, filter.right, compileSelection);
  }
}

/** A path tests for existence, whatever the value is; a constant stands for its truth. */
function compileExists(operand: Operand, compileSelection: CompileSelection): Test {
  if (operand.kind === 'literal') return () => operand.value === true;
  const value = compileOperand(operand, compileSelection);
  return (element, search) => value(element, search) !== undefined;
}

function compileComparison(
  operator: FilterOperator,
  left: Operand,
  right: Operand,
  compileSelection: CompileSelection,
): Test {
  const first = compileOperand(left, compileSelection);
  if (operator === '=~') {
    if (right.kind !== 'regex') return () => false;
    const { regex } = right;
    return (element, search) => {
      const value = first(element, search);
      if (typeof value === 'string') return regex.matches(value);
      return isJsonArray(value) && value.some((item) => typeof item === 'string' && regex.matches(item));
    };
  }
  const second = compileOperand(right, compileSelection);
  return (element, search) => compare(operator, first(element, search), second(element, search));
}

function compileOperand(operand: Operand, compileSelection: CompileSelection): Value {
  if (operand.kind === 'literal') return () => operand.value;
  if (operand.kind === 'regex') return () => undefined;
  const last = operand.steps.at(-1);
  if (last?.kind !== 'function') return compilePathOperand(operand.from, operand.steps, compileSelection);
  const argument = compilePathOperand(operand.from, operand.steps.slice(0, -1), compileSelection);
  return (element, search) => {
    const value = argument(element, search);
    return value === undefined ? undefined : applyPathFunction(last.name, value);
  };
}

/** An indefinite path stands for the list of its matches, or for nothing if there are none. */
function compilePathOperand(
  from: 'element' | 'document',
  steps: readonly PathStep[],
  compileSelection: CompileSelection,
): Value {
  const select = compileSelection(steps);
  const many = steps.some((step) => step.kind !== 'property' && step.kind !== 'index');
  return (element, search) => {
    const found: Json[] = [];
    select(from === 'element' ? element : search.document, search, found);
    return many && found.length > 0 ? found : found[0];
  };
}

function sizeOf(value: Json | undefined): number | undefined {
  if (typeof value === 'string' || isJsonArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

function compare(operator: Exclude<FilterOperator, '=~'>, a: Json | undefined, b: Json | undefined): boolean {
  switch (operator) {
    case '==':
      return loosely(a, b);
    case '!=':
      return !loosely(a, b);
    case '===':
      return strictly(a, b);
    case '!==':
      return !strictly(a, b);
    case '<':
      return ordered(a, b, (order) => order < 0);
    case '<=':
      return ordered(a, b, (order) => order <= 0);
    case '>':
      return ordered(a, b, (order) => order > 0);
    case '>=':
      return ordered(a, b, (order) => order >= 0);
    default:
      return compareSets(operator, a, b);
  }
}

function compareSets(
  operator: 'in' | 'nin' | 'contains' | 'subsetof' | 'anyof' | 'noneof' | 'size' | 'empty',
  a: Json | undefined,
  b: Json | undefined,
): boolean {
  switch (operator) {
    case 'in':
      return isJsonArray(b) && includes(b, a);
    case 'nin':
      return isJsonArray(b) && !includes(b, a);
    case 'contains':
      if (typeof a === 'string') return typeof b === 'string' && a.includes(b);
      return isJsonArray(a) && includes(a, b);
    case 'subsetof':
      return isJsonArray(a) && isJsonArray(b) && a.every((item) => includes(b, item));
    case 'anyof':
      return isJsonArray(a) && isJsonArray(b) && a.some((item) => includes(b, item));
    case 'noneof':
      return isJsonArray(a) && isJsonArray(b) && !a.some((item) => includes(b, item));
    case 'size':
      return sizeOf(a) === b;
    case 'empty':
      return sizeOf(a) !== undefined && (sizeOf(a) === 0) === b;
  }
}

function includes(items: readonly Json[], value: Json | undefined): boolean {
  return items.some((item) => loosely(item, value));
}

/** Equality with Jayway's one coercion: a number equals the string that says the same number. */
function loosely(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'number' && typeof b === 'string') return b.trim() !== '' && Number(b) === a;
  if (typeof a === 'string' && typeof b === 'number') return String(b) === a;
  return strictly(a, b);
}

function strictly(a: Json | undefined, b: Json | undefined): boolean {
  return a === undefined || b === undefined ? a === b : jsonEqual(a, b);
}

function ordered(a: Json | undefined, b: Json | undefined, accept: (order: number) => boolean): boolean {
  if (typeof a === 'number' && typeof b === 'number') return accept(a - b);
  if (typeof a === 'string' && typeof b === 'string') return accept(a < b ? -1 : a > b ? 1 : 0);
  return false;
}
