import type { Eval } from '../apply.ts';
import type { Node } from '../ast.ts';
import { isNumeric, truth } from '../convert.ts';
import type { Frame } from '../run.ts';
import { isArray, type Value } from '../value.ts';
import type { Compiler } from './compiler.ts';
import { asTuple, isTupleStream, tupleFrame } from './tuple.ts';

/** Applies a predicate to a value or to each item of an array. */
export type Filter = (input: Value, frame: Frame) => Value;

export function compileFilter(test: Node, compiler: Compiler): Filter {
  if (test.type === 'literal' && typeof test.value === 'number') return pickItem(Math.floor(test.value));
  const evaluate = compiler.compile(test);
  return (input, frame) => filterItems(evaluate, input, frame);
}

function pickItem(index: number): Filter {
  return (input, frame) => {
    const items = isArray(input) ? input : [input];
    const item = items[index < 0 ? items.length + index : index];
    if (isArray(item)) return item;
    const results = frame.run.sequence();
    results.tuples = isTupleStream(input);
    if (item !== undefined) results.push(item);
    return results;
  };
}

function filterItems(test: Eval, input: Value, frame: Frame): Value {
  const { run } = frame;
  const items = isArray(input) ? input : [input];
  const results = run.sequence();
  results.tuples = isTupleStream(input);
  for (const [index, item] of items.entries()) {
    run.step(1);
    const selected = results.tuples ? test(asTuple(item)['@'], tupleFrame(asTuple(item), frame)) : test(item, frame);
    const times = selections(selected, index, items.length, frame);
    for (let i = 0; i < times; i++) run.push(results, item);
  }
  return results;
}

/** How often an item is taken: numbers select by position (negative ones from the end), anything else by its truth. */
function selections(selected: Value, index: number, length: number, frame: Frame): number {
  if (isNumeric(selected)) return position(selected, length) === index ? 1 : 0;
  if (isArray(selected)) {
    frame.run.step(selected.length / 4);
    if (selected.every(isNumeric)) return selected.filter((item) => position(item, length) === index).length;
  }
  return truth(selected, frame.run) ? 1 : 0;
}

function position(selected: number, length: number): number {
  const index = Math.floor(selected);
  return index < 0 ? length + index : index;
}
