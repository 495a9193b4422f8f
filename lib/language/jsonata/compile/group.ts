import type { Eval } from '../apply.ts';
import type { Pair } from '../ast.ts';
import { JsonataError } from '../errors.ts';
import type { Frame } from '../run.ts';
import { display, isArray, setKey, type Value, type ValueObject } from '../value.ts';
import type { Compiler } from './compiler.ts';
import { asTuple, isTupleStream, tupleFrame } from './tuple.ts';

interface CompiledPair {
  readonly key: Eval;
  readonly value: Eval;
}

/** Items of one group; what they are evaluated as once all are there. */
interface Group {
  readonly pair: number;
  readonly items: Value[];
}

/** `{ key: value, … }`: groups the input by the keys and evaluates each value once per group. */
export function compileGroup(pairs: readonly Pair[], position: number, compiler: Compiler): Eval {
  const compiled = pairs.map(([key, value]) => ({ key: compiler.compile(key), value: compiler.compile(value) }));
  const fixed = fixedKeys(pairs);
  return (input, frame) => {
    if (fixed !== undefined && !isArray(input)) return construct(fixed, compiled, input, frame);
    return groupBy(compiled, input, frame, position);
  };
}

/** The keys, if all are different literals: then an object is built without looking for groups. */
function fixedKeys(pairs: readonly Pair[]): readonly string[] | undefined {
  const keys: string[] = [];
  for (const [key] of pairs) {
    if (key.type !== 'literal' || typeof key.value !== 'string' || key.predicates.length > 0) return undefined;
    keys.push(key.value);
  }
  return new Set(keys).size === keys.length ? keys : undefined;
}

function construct(keys: readonly string[], pairs: readonly CompiledPair[], input: Value, frame: Frame): Value {
  frame.run.object(keys.length);
  const result: ValueObject = {};
  for (const [index, pair] of pairs.entries()) {
    const value = pair.value(input, frame);
    if (value !== undefined) setKey(result, keys[index] ?? '', value);
  }
  return result;
}

function groupBy(pairs: readonly CompiledPair[], input: Value, frame: Frame, position: number): Value {
  const { run } = frame;
  const tuples = isTupleStream(input);
  const groups = new Map<string, Group>();
  for (const item of itemsOf(input, tuples)) {
    const scope = tuples ? tupleFrame(asTuple(item), frame) : frame;
    const context = tuples ? asTuple(item)['@'] : item;
    for (const [index, pair] of pairs.entries()) {
      run.step(4);
      const key = pair.key(context, scope);
      if (key === undefined) continue;
      if (typeof key !== 'string') throw new JsonataError('T1003', { position, value: display(key) });
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, { pair: index, items: [item] });
      } else if (group.pair === index) {
        group.items.push(item);
      } else {
        throw new JsonataError('D1009', { position, value: display(key) });
      }
    }
  }
  run.object(groups.size);
  const result: ValueObject = {};
  for (const [key, group] of groups) {
    const value = pairs[group.pair]?.value;
    const found = tuples ? reduced(group.items, frame, value) : value?.(joined(group.items, frame), frame);
    if (found !== undefined) setKey(result, key, found);
  }
  return result;
}

/** An empty array still makes one object, of nothing, so that literal objects can be built in its context. */
function itemsOf(input: Value, tuples: boolean): readonly Value[] {
  if (!isArray(input)) return [input];
  return input.length === 0 && !tuples ? [undefined] : input;
}

/** The context of a group: its item, or all of them in one array, into which arrays are spread. */
function joined(items: readonly Value[], frame: Frame): Value {
  if (items.length === 1) return items[0];
  const all: Value[] = [];
  for (const item of items) {
    if (isArray(item)) for (const part of item) frame.run.push(all, part);
    else if (item !== undefined) frame.run.push(all, item);
  }
  return all;
}

function reduced(tuples: readonly Value[], frame: Frame, value: Eval | undefined): Value {
  const columns = new Map<string, Value[]>();
  for (const tuple of tuples) {
    for (const [name, item] of Object.entries(asTuple(tuple))) {
      const column = columns.get(name);
      if (column === undefined) columns.set(name, [item]);
      else column.push(item);
    }
  }
  const merged: ValueObject = {};
  for (const [name, column] of columns) setKey(merged, name, joined(column, frame));
  return value?.(merged['@'], tupleFrame(merged, frame));
}
