import { lookup, toText, truth } from '../convert.ts';
import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { Fn, isArray, isObject, setKey, type Value, type ValueObject } from '../value.ts';
import { callBack, type Definition, define } from './define.ts';

/** Objects, types, errors. */
export const objectFunctions: readonly Definition[] = [
  define('keys', '<x-:a<s>>', 1, ([value], { run }) => {
    const keys = new Set<string>();
    collectKeys(value, keys, run);
    const result = run.sequence();
    for (const key of keys) run.push(result, key);
    return result;
  }),
  define('lookup', '<x-s:x>', 2, ([value, key], { run }) =>
    typeof key === 'string' ? lookup(value, key, run) : undefined,
  ),
  define('spread', '<x-:a<o>>', 1, ([value], { run }) => {
    if (!isArray(value) && !isObject(value)) return value;
    const result = run.sequence();
    const plain = spread(value, result, run);
    return plain ? Array.from(result) : result;
  }),
  define('merge', '<a<o>:o>', 1, ([items], { run }) => {
    if (!isArray(items)) return undefined;
    const result: ValueObject = {};
    for (const item of items) {
      if (!isObject(item)) continue;
      const entries = Object.entries(item);
      run.object(entries.length);
      for (const [key, value] of entries) setKey(result, key, value);
    }
    run.object(0);
    return result;
  }),
  define('each', '<o-f:a>', 2, ([object, fn], call) => {
    const result = call.run.sequence();
    if (!isObject(object)) return result;
    for (const [key, item] of Object.entries(object)) {
      const value = callBack(fn, [item, key, object], call);
      if (value !== undefined) call.run.push(result, value);
    }
    return result;
  }),
  define('sift', '<o-f?:o>', 2, ([object, fn], call) => {
    if (!isObject(object)) return undefined;
    const result: ValueObject = {};
    let kept = 0;
    for (const [key, item] of Object.entries(object)) {
      if (!truth(callBack(fn, [item, key, object], call), call.run)) continue;
      call.run.object(1);
      setKey(result, key, item);
      kept++;
    }
    return kept === 0 ? undefined : result;
  }),
  define('clone', '<(oa)-:o>', 1, ([value], { run }) => clone(value, run)),
  define('exists', '<x:b>', 1, ([value]) => value !== undefined),
  define('boolean', '<x-:b>', 1, ([value], { run }) => (value === undefined ? undefined : truth(value, run))),
  define('not', '<x-:b>', 1, ([value], { run }) => (value === undefined ? undefined : !truth(value, run))),
  define('type', '<x:s>', 1, ([value]) => typeName(value)),
  define('string', '<x-b?:s>', 1, ([value, pretty], { run }) => {
    if (value === undefined) return undefined;
    return toText(value, run, pretty === true);
  }),
  define('error', '<s?:x>', 1, ([message]) => {
    throw new JsonataError('D3137', typeof message === 'string' && message !== '' ? { message } : {});
  }),
  define('assert', '<bs?:x>', 2, ([condition, message], { run }) => {
    if (truth(condition, run)) return undefined;
    throw new JsonataError('D3141', typeof message === 'string' && message !== '' ? { message } : {});
  }),
];

function collectKeys(value: Value, into: Set<string>, run: Run): void {
  run.step(1);
  if (isArray(value)) {
    for (const item of value) collectKeys(item, into, run);
  } else if (isObject(value)) {
    const keys = Object.keys(value);
    run.step(keys.length / 2);
    for (const key of keys) into.add(key);
  }
}

/** Whether items came out of an array: then the result is an array of the data, not a sequence. */
function spread(value: Value, into: Value[], run: Run): boolean {
  if (isArray(value)) {
    run.step(1);
    for (const item of value) spread(item, into, run);
    return value.length > 0;
  }
  if (!isObject(value)) {
    if (value !== undefined) run.push(into, value);
    return false;
  }
  for (const [key, item] of Object.entries(value)) {
    const single: ValueObject = {};
    setKey(single, key, item);
    run.object(1);
    run.push(into, single);
  }
  return false;
}

/** A deep copy; as JSON text would have it, functions become empty strings. */
export function clone(value: Value, run: Run): Value {
  if (isArray(value)) {
    run.array(value.length);
    return Array.from(value, (item) => clone(item, run));
  }
  if (!isObject(value)) return value instanceof Fn ? '' : value;
  const entries = Object.entries(value);
  run.object(entries.length);
  const copy: ValueObject = {};
  for (const [key, item] of entries) if (item !== undefined) setKey(copy, key, clone(item, run));
  return copy;
}

function typeName(value: Value): Value {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (value instanceof Fn) return 'function';
  return typeof value;
}
