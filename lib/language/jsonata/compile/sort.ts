import type { Eval } from '../apply.ts';
import type { Node } from '../ast.ts';
import { JsonataError } from '../errors.ts';
import { mergeSort } from '../merge-sort.ts';
import type { Frame } from '../run.ts';
import { display, isArray, type Value } from '../value.ts';
import type { Compiler } from './compiler.ts';
import { asTuple, isTupleStream, tupleFrame } from './tuple.ts';

export type Sort = (input: Value, frame: Frame) => Value;

interface Term {
  readonly evaluate: Eval;
  readonly descending: boolean;
}

/** `^(…)`: a stable sort by the terms; items for which a term is nothing come last. */
export function compileSort(node: Node & { readonly type: 'sort' }, compiler: Compiler): Sort {
  const terms = node.terms.map((term) => ({
    evaluate: compiler.compile(term.expression),
    descending: term.descending,
  }));
  return (input, frame) => {
    if (!isArray(input) || input.length <= 1) return input;
    frame.run.step(4 * input.length);
    const rows = input.map((item) => new Row(item, isTupleStream(input), frame));
    const sorted = mergeSort(rows, frame.run, (a, b) => compare(a, b, terms, node.position) > 0);
    return sorted.map((row) => row.item);
  };
}

/** An item with its sort keys, each evaluated at most once. */
class Row {
  readonly item: Value;
  private readonly keys: Value[] = [];
  private readonly context: Value;
  private readonly frame: Frame;

  constructor(item: Value, tuple: boolean, frame: Frame) {
    this.item = item;
    this.context = tuple ? asTuple(item)['@'] : item;
    this.frame = tuple ? tupleFrame(asTuple(item), frame) : frame;
  }

  key(index: number, term: Term): Value {
    if (index >= this.keys.length) this.keys.push(term.evaluate(this.context, this.frame));
    return this.keys[index];
  }
}

function compare(a: Row, b: Row, terms: readonly Term[], position: number): number {
  for (const [index, term] of terms.entries()) {
    const left = a.key(index, term);
    const right = b.key(index, term);
    if (left === undefined && right === undefined) continue;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    const order = compareKeys(left, right, position);
    if (order !== 0) return term.descending ? -order : order;
  }
  return 0;
}

function compareKeys(left: Value, right: Value, position: number): number {
  if (typeof left === 'number' && typeof right === 'number') return left === right ? 0 : left < right ? -1 : 1;
  if (typeof left === 'string' && typeof right === 'string') return left === right ? 0 : left < right ? -1 : 1;
  const bad = typeof left === 'string' || typeof left === 'number' ? right : left;
  if (typeof bad !== 'string' && typeof bad !== 'number') {
    throw new JsonataError('T2008', { position, value: display(bad) });
  }
  throw new JsonataError('T2007', { position, value: display(left), value2: display(right) });
}
