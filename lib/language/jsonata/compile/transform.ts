import { apply, type Eval, Native } from '../apply.ts';
import type { Node } from '../ast.ts';
import { JsonataError } from '../errors.ts';
import type { Frame } from '../run.ts';
import { parseSignature } from '../signature.ts';
import { display, Fn, isArray, isObject, setKey, type Value, type ValueObject } from '../value.ts';
import type { Compiler } from './compiler.ts';

const SIGNATURE = parseSignature('<(oa):o>');

interface Transform {
  readonly pattern: Eval;
  readonly update: Eval;
  readonly remove: Eval | undefined;
  readonly updatePosition: number;
  readonly removePosition: number;
}

/** `|pattern|update,delete|`: a function that returns a changed copy of its argument. */
export function compileTransform(node: Node & { readonly type: 'transform' }, compiler: Compiler): Eval {
  const transform: Transform = {
    pattern: compiler.compile(node.pattern),
    update: compiler.compile(node.update),
    remove: node.remove && compiler.compile(node.remove),
    updatePosition: node.update.position,
    removePosition: node.remove?.position ?? 0,
  };
  return (_, frame) =>
    new Native(1, SIGNATURE, ([value]) => {
      if (value === undefined) return undefined;
      const clone = frame.lookup('clone');
      if (!(clone instanceof Fn)) throw new JsonataError('T2013', { position: node.position });
      const copy = apply(clone, [value], null, frame);
      change(copy, transform, frame);
      return copy;
    });
}

function change(copy: Value, transform: Transform, frame: Frame): void {
  const own = new Set<Value>();
  collect(copy, own, frame);
  const matches = transform.pattern(copy, frame);
  if (matches === undefined) return;
  for (const match of isArray(matches) ? matches : [matches]) {
    frame.run.step(2);
    // Only the copy may be written to: a pattern can also match data from elsewhere, which is shared.
    const target = isObject(match) && own.has(match) ? match : undefined;
    applyUpdate(match, target, transform, frame);
    applyRemoval(match, target, transform, frame);
  }
}

function collect(value: Value, into: Set<Value>, frame: Frame): void {
  frame.run.step(2);
  if (isArray(value)) {
    for (const item of value) collect(item, into, frame);
  } else if (isObject(value)) {
    into.add(value);
    for (const item of Object.values(value)) collect(item, into, frame);
  }
}

function applyUpdate(match: Value, target: ValueObject | undefined, transform: Transform, frame: Frame): void {
  const update = transform.update(match, frame);
  if (update === undefined) return;
  if (!isObject(update)) {
    throw new JsonataError('T2011', { position: transform.updatePosition, value: display(update) });
  }
  if (target === undefined) return;
  const entries = Object.entries(update);
  frame.run.step(entries.length);
  for (const [key, value] of entries) setKey(target, key, value);
}

function applyRemoval(match: Value, target: ValueObject | undefined, transform: Transform, frame: Frame): void {
  const removed = transform.remove?.(match, frame);
  if (removed === undefined) return;
  for (const key of isArray(removed) ? removed : [removed]) {
    frame.run.step(1);
    if (typeof key !== 'string') {
      throw new JsonataError('T2012', { position: transform.removePosition, value: display(removed) });
    }
    if (target !== undefined) delete target[key];
  }
}
