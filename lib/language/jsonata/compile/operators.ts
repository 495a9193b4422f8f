import type { Eval } from '../apply.ts';
import type { BinaryOperator, ComparisonOperator, Node, NumericOperator } from '../ast.ts';
import { equal, isNumeric, toText, truth } from '../convert.ts';
import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { display, isArray, type Value } from '../value.ts';
import type { Compiler } from './compiler.ts';

/** Ranges above this are refused by the language itself, whatever the limits. */
const MAX_RANGE = 1e7;

export function compileBinary(node: Node & { readonly type: 'binary' }, compiler: Compiler): Eval {
  const left = compiler.compile(node.left);
  const right = compiler.compile(node.right);
  const { operator, position } = node;
  if (operator === 'and') {
    return (input, frame) => truth(left(input, frame), frame.run) && truth(right(input, frame), frame.run);
  }
  if (operator === 'or') {
    return (input, frame) => truth(left(input, frame), frame.run) || truth(right(input, frame), frame.run);
  }
  const operate = operation(operator);
  return (input, frame) => {
    const { run } = frame;
    run.step(1);
    const a = left(input, frame);
    const b = right(input, frame);
    try {
      return operate(a, b, run);
    } catch (error) {
      throw error instanceof JsonataError ? error.at(position, operator) : error;
    }
  };
}

type Operation = (a: Value, b: Value, run: Run) => Value;

function operation(operator: Exclude<BinaryOperator, 'and' | 'or'>): Operation {
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return numeric(operator);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(operator);
    case '=':
      return (a, b, run) => a !== undefined && b !== undefined && equal(a, b, run);
    case '!=':
      return (a, b, run) => a !== undefined && b !== undefined && !equal(a, b, run);
    case '&':
      return concatenate;
    case '..':
      return range;
    case 'in':
      return includes;
  }
}

function numeric(operator: NumericOperator): Operation {
  const calculate = arithmetic(operator);
  return (a, b) => {
    if (a !== undefined && !isNumeric(a)) throw new JsonataError('T2001', { value: display(a) });
    if (b !== undefined && !isNumeric(b)) throw new JsonataError('T2002', { value: display(b) });
    return a === undefined || b === undefined ? undefined : calculate(a, b);
  };
}

function arithmetic(operator: NumericOperator): (a: number, b: number) => number {
  switch (operator) {
    case '+':
      return (a, b) => a + b;
    case '-':
      return (a, b) => a - b;
    case '*':
      return (a, b) => a * b;
    case '/':
      return (a, b) => a / b;
    case '%':
      return (a, b) => a % b;
  }
}

function comparison(operator: ComparisonOperator): Operation {
  const holds = ordering(operator);
  return (a, b) => {
    if (!isComparable(a)) throw new JsonataError('T2010', { value: display(a) });
    if (!isComparable(b)) throw new JsonataError('T2010', { value: display(b) });
    if (a === undefined || b === undefined) return undefined;
    if (typeof a === typeof b) return holds(a, b);
    throw new JsonataError('T2009', { value: display(a), value2: display(b) });
  };
}

function isComparable(value: Value): value is string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' || value === undefined;
}

function ordering(operator: ComparisonOperator): (a: string | number, b: string | number) => boolean {
  switch (operator) {
    case '<':
      return (a, b) => a < b;
    case '<=':
      return (a, b) => a <= b;
    case '>':
      return (a, b) => a > b;
    case '>=':
      return (a, b) => a >= b;
  }
}

function concatenate(a: Value, b: Value, run: Run): string {
  const left = a === undefined ? '' : toText(a, run);
  const right = b === undefined ? '' : toText(b, run);
  run.string(left.length + right.length);
  return left + right;
}

function range(from: Value, to: Value, run: Run): Value {
  if (from !== undefined && !Number.isInteger(from)) throw new JsonataError('T2003', { value: display(from) });
  if (to !== undefined && !Number.isInteger(to)) throw new JsonataError('T2004', { value: display(to) });
  if (typeof from !== 'number' || typeof to !== 'number' || from > to) return undefined;
  const size = to - from + 1;
  if (size > MAX_RANGE) throw new JsonataError('D2014', { value: String(size) });
  run.array(size);
  const result = run.sequence();
  for (let item = from; item <= to; item++) result.push(item);
  return result;
}

function includes(item: Value, list: Value, run: Run): boolean {
  if (item === undefined || list === undefined) return false;
  if (!isArray(list)) return list === item;
  run.step(list.length / 8);
  return list.includes(item) && !Number.isNaN(item);
}

export function compileNegate(node: Node & { readonly type: 'negate' }, compiler: Compiler): Eval {
  const operand = compiler.compile(node.expression);
  return (input, frame) => {
    const value = operand(input, frame);
    if (value === undefined) return undefined;
    if (isNumeric(value)) return -value;
    throw new JsonataError('D1002', { position: node.position, token: '-', value: display(value) });
  };
}
