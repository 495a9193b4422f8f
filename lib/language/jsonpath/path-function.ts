import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { PathFunction } from './path-tree.ts';

/** A function at the end of a path; undefined where it cannot be applied. */
export function applyPathFunction(name: PathFunction, value: Json): Json | undefined {
  switch (name) {
    case 'length':
      if (isJsonArray(value) || typeof value === 'string') return value.length;
      return isJsonObject(value) ? Object.keys(value).length : undefined;
    case 'keys':
      return isJsonObject(value) ? Object.keys(value) : undefined;
    case 'min':
      return aggregate(value, (numbers) => numbers.reduce((a, b) => Math.min(a, b)));
    case 'max':
      return aggregate(value, (numbers) => numbers.reduce((a, b) => Math.max(a, b)));
    case 'sum':
      return aggregate(value, sum);
    case 'avg':
      return aggregate(value, (numbers) => sum(numbers) / numbers.length);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Over the numbers of an array; what is not a number is passed over. */
function aggregate(value: Json, combine: (numbers: readonly number[]) => number): number | undefined {
  if (!isJsonArray(value)) return undefined;
  const numbers = value.filter((item) => typeof item === 'number');
  return numbers.length === 0 ? undefined : combine(numbers);
}
