import { apply, type Call, Native } from '../apply.ts';
import { parseSignature } from '../signature.ts';
import { Fn, type Value } from '../value.ts';

/** A built-in function under its name (without `$`). */
export type Definition = readonly [name: string, native: Native];

/** `arity` is what the function declares towards higher-order functions, as in the reference implementation. */
export function define(
  name: string,
  signature: string,
  arity: number,
  implementation: (args: readonly Value[], call: Call) => Value,
): Definition {
  return [name, new Native(arity, parseSignature(signature), implementation)];
}

/** Calls a function back with as many of the arguments as it declares, at least the first. */
export function callBack(fn: Value, args: readonly [Value, ...Value[]], call: Call): Value {
  const count = fn instanceof Fn ? Math.max(1, Math.min(fn.arity, args.length)) : 1;
  return apply(fn, args.slice(0, count), null, call.frame);
}
