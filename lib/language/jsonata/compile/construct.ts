import type { Eval } from '../apply.ts';
import type { Node } from '../ast.ts';
import { truth } from '../convert.ts';
import { Frame } from '../run.ts';
import { isArray, newConstructed, type Value } from '../value.ts';
import type { Compiler } from './compiler.ts';

/** `[…]`: items that are nothing are left out, items that are arrays are spread unless they are constructors themselves. */
export function compileArray(node: Node & { readonly type: 'array' }, compiler: Compiler): Eval {
  const items = node.items.map((item) => ({ evaluate: compiler.compile(item), whole: item.type === 'array' }));
  return (input, frame) => {
    const { run } = frame;
    run.array(items.length);
    const result: Value[] = node.construct ? newConstructed() : [];
    for (const item of items) {
      const value = item.evaluate(input, frame);
      if (value === undefined) continue;
      if (item.whole || !isArray(value)) run.push(result, value);
      else for (const part of value) run.push(result, part);
    }
    return result;
  };
}

/** `(…; …)`: a scope of its own; the value of the last expression. */
export function compileBlock(node: Node & { readonly type: 'block' }, compiler: Compiler): Eval {
  const expressions = node.expressions.map((expression) => compiler.compile(expression));
  return (input, frame) => {
    frame.run.step(1);
    const scope = new Frame(frame.run, frame);
    let result: Value;
    for (const evaluate of expressions) result = evaluate(input, scope);
    return result;
  };
}

export function compileBind(node: Node & { readonly type: 'bind' }, compiler: Compiler): Eval {
  const evaluate = compiler.compile(node.value);
  const { name } = node;
  return (input, frame) => {
    const value = evaluate(input, frame);
    frame.run.step(1);
    frame.bind(name, value);
    return value;
  };
}

export function compileCondition(node: Node & { readonly type: 'condition' }, compiler: Compiler): Eval {
  const test = compiler.compile(node.test);
  const yes = compiler.compile(node.yes);
  const no = node.no && compiler.compile(node.no);
  return (input, frame) => (truth(test(input, frame), frame.run) ? yes(input, frame) : no?.(input, frame));
}

/** `a ?? b`: `b` only where `a` is nothing. */
export function compileCoalesce(node: Node & { readonly type: 'coalesce' }, compiler: Compiler): Eval {
  const evaluate = compiler.compile(node.value);
  const otherwise = compiler.compile(node.otherwise);
  return (input, frame) => {
    const value = evaluate(input, frame);
    return value === undefined ? otherwise(input, frame) : value;
  };
}

/** `a ?: b`: `b` where `a` is not true. */
export function compileElvis(node: Node & { readonly type: 'elvis' }, compiler: Compiler): Eval {
  const evaluate = compiler.compile(node.value);
  const otherwise = compiler.compile(node.otherwise);
  return (input, frame) => {
    const value = evaluate(input, frame);
    return truth(value, frame.run) ? value : otherwise(input, frame);
  };
}
