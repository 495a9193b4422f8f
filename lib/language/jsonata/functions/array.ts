import { append, equal, isNumeric, truth } from '../convert.ts';
import { JsonataError } from '../errors.ts';
import { mergeSort } from '../merge-sort.ts';
import type { Run } from '../run.ts';
import { display, Fn, isArray, isSequence, type Value } from '../value.ts';
import { callBack, type Definition, define } from './define.ts';

/** Aggregation, selection and order of arrays, and the higher-order functions over them. */
export const arrayFunctions: readonly Definition[] = [
  define('sum', '<a<n>:n>', 1, ([items], { run }) => (isArray(items) ? total(items, run) : undefined)),
  define('count', '<a:n>', 1, ([items]) => (isArray(items) ? items.length : 0)),
  define('max', '<a<n>:n>', 1, ([items], { run }) => extreme(items, run, Math.max)),
  define('min', '<a<n>:n>', 1, ([items], { run }) => extreme(items, run, Math.min)),
  define('average', '<a<n>:n>', 1, ([items], { run }) =>
    isArray(items) && items.length > 0 ? total(items, run) / items.length : undefined,
  ),
  define('append', '<xx:a>', 2, ([a, b], { run }) => append(a, b, run)),
  define('reverse', '<a:a>', 1, ([items], { run }) => {
    if (!isArray(items) || items.length <= 1) return items;
    run.array(items.length);
    return Array.from(items).reverse();
  }),
  define('distinct', '<x:x>', 1, ([items], { run }) => distinct(items, run)),
  define('shuffle', '<a:a>', 1, ([items], { run }) => {
    if (!isArray(items) || items.length <= 1) return items;
    run.array(items.length);
    return shuffled(items, run.sources.random);
  }),
  define('zip', '<a+>', 0, (lists, { run }) => {
    const length = Math.min(...lists.map((list) => (isArray(list) ? list.length : 0)));
    run.array(length * (lists.length + 1));
    return Array.from({ length }, (_, index) => lists.map((list) => (isArray(list) ? list[index] : undefined)));
  }),
  define('map', '<af>', 2, ([items, fn], call) => {
    if (!isArray(items)) return undefined;
    const result = call.run.sequence();
    for (const [index, item] of items.entries()) {
      const value = callBack(fn, [item, index, items], call);
      if (value !== undefined) call.run.push(result, value);
    }
    return result;
  }),
  define('filter', '<af>', 2, ([items, fn], call) => {
    if (!isArray(items)) return undefined;
    const result = call.run.sequence();
    for (const [index, item] of items.entries()) {
      if (truth(callBack(fn, [item, index, items], call), call.run)) call.run.push(result, item);
    }
    return result;
  }),
  define('single', '<af?>', 2, ([items, fn], call) => {
    if (!isArray(items)) return undefined;
    const matches = items.filter(
      (item, index) => fn === undefined || truth(callBack(fn, [item, index, items], call), call.run),
    );
    if (matches.length === 1) return matches[0];
    throw new JsonataError(matches.length === 0 ? 'D3139' : 'D3138');
  }),
  define('reduce', '<afj?:j>', 3, ([items, fn, start], call) => {
    if (!isArray(items)) return undefined;
    if (!(fn instanceof Fn) || fn.arity < 2) throw new JsonataError('D3050', { index: 1 });
    const seeded = start !== undefined || items.length === 0;
    let result = seeded ? start : items[0];
    for (let index = seeded ? 0 : 1; index < items.length; index++) {
      result = callBack(fn, [result, items[index], index, items], call);
    }
    return result;
  }),
  define('sort', '<af?:a>', 2, ([items, fn], call) => {
    if (!isArray(items) || items.length <= 1) return items;
    call.run.array(items.length);
    const swap =
      fn === undefined
        ? naturalOrder(items, call.run)
        : (a: Value, b: Value) => truth(callBack(fn, [a, b], call), call.run);
    const rows = items.map((item) => ({ item }));
    return mergeSort(rows, call.run, (a, b) => swap(a.item, b.item)).map((row) => row.item);
  }),
];

function total(items: readonly Value[], run: Run): number {
  run.step(items.length / 8);
  let sum = 0;
  for (const item of items) if (typeof item === 'number') sum += item;
  return sum;
}

function extreme(items: Value, run: Run, pick: (a: number, b: number) => number): Value {
  if (!isArray(items)) return undefined;
  run.step(items.length / 8);
  let best: number | undefined;
  for (const item of items) if (typeof item === 'number') best = best === undefined ? item : pick(best, item);
  return best;
}

function naturalOrder(items: readonly Value[], run: Run): (a: Value, b: Value) => boolean {
  run.step(items.length / 4);
  if (items.every(isNumeric)) return (a, b) => Number(a) > Number(b);
  if (items.every((item) => typeof item === 'string')) return (a, b) => String(a) > String(b);
  const odd = items.find((item) => typeof item !== 'number' && typeof item !== 'string');
  throw new JsonataError('D3070', { index: 1, value: display(odd) });
}

/** Items are compared deeply; simple ones by a set, so that only arrays and objects cost a comparison each. */
function distinct(items: Value, run: Run): Value {
  if (!isArray(items) || items.length <= 1) return items;
  const result: Value[] = isSequence(items) ? run.sequence() : [];
  const simple = new Set<Value>();
  const compound: Value[] = [];
  for (const item of items) {
    run.step(1);
    const isCompound = typeof item === 'object' && item !== null;
    if (isCompound ? compound.some((known) => equal(item, known, run)) : simple.has(item)) continue;
    if (isCompound) compound.push(item);
    else simple.add(item);
    run.push(result, item);
  }
  return result;
}

/** The inside-out form of the Fisher-Yates shuffle. */
function shuffled(items: readonly Value[], random: () => number): Value[] {
  const result: Value[] = [];
  for (const [index, item] of items.entries()) {
    const place = Math.floor(random() * (index + 1));
    result.push(result[place]);
    result[place] = item;
  }
  return result;
}
