import { JsonataError } from './errors.ts';
import { Frame, type Run } from './run.ts';
import { type Signature, validate } from './signature.ts';
import { Fn, type Value } from './value.ts';

/** A compiled expression: its value for an input, in a scope. */
export type Eval = (input: Value, frame: Frame) => Value;

/** A compiled expression in tail position of a function body: it may leave a last call to its caller. */
export type TailEval = (input: Value, frame: Frame) => Value | TailCall;

/** A call that is still to be made; `apply` makes it without growing the stack. */
export class TailCall {
  readonly fn: Value;
  readonly args: Value[];
  readonly input: Value;
  readonly position: number;
  readonly name: string | undefined;

  constructor(fn: Value, args: Value[], input: Value, position: number, name: string | undefined) {
    this.fn = fn;
    this.args = args;
    this.input = input;
    this.position = position;
    this.name = name;
  }
}

/** What a built-in function gets besides its arguments. */
export interface Call {
  readonly run: Run;
  /** The context of the call. */
  readonly input: Value;
  /** The scope of the caller. */
  readonly frame: Frame;
}

/** A built-in function. Arguments have passed the signature. */
export class Native extends Fn {
  readonly arity: number;
  readonly signature: Signature | undefined;
  readonly implementation: (args: readonly Value[], call: Call) => Value;

  constructor(arity: number, signature: Signature | undefined, implementation: Native['implementation']) {
    super();
    this.arity = arity;
    this.signature = signature;
    this.implementation = implementation;
  }
}

export interface LambdaCode {
  readonly params: readonly string[];
  readonly signature: Signature | undefined;
  readonly body: TailEval;
  /** Levels of evaluation that the body nests at most. */
  readonly levels: number;
}

/** A function of the expression, with the scope and the context in which it was defined. */
export class Lambda extends Fn {
  readonly code: LambdaCode;
  readonly frame: Frame;
  readonly input: Value;

  constructor(code: LambdaCode, frame: Frame, input: Value) {
    super();
    this.code = code;
    this.frame = frame;
    this.input = input;
  }

  get arity(): number {
    return this.code.params.length;
  }
}

/** A function some of whose arguments are fixed. */
export class PartialApplication extends Fn {
  readonly target: Fn;
  readonly args: readonly Value[];
  /** Positions in `args` that are still open. */
  readonly holes: readonly number[];

  constructor(target: Fn, args: readonly Value[], holes: readonly number[]) {
    super();
    this.target = target;
    this.args = args;
    this.holes = holes;
  }

  get arity(): number {
    return this.holes.length;
  }

  complete(args: readonly Value[]): Value[] {
    const all = [...this.args];
    this.holes.forEach((position, index) => {
      all[position] = args[index];
    });
    return all;
  }
}

/** Levels that calling a built-in function takes, for those that call back. */
const NATIVE_LEVELS = 4;

/**
 * Calls a function. `input` is the context that signatures with `-` fall back to.
 *
 * @throws JsonataError T1006 if `fn` is not a function; whatever the function throws
 */
export function apply(fn: Value, args: Value[], input: Value, frame: Frame): Value {
  let result = applyOnce(fn, args, input, frame);
  while (result instanceof TailCall) {
    const { position, name } = result;
    try {
      result = applyOnce(result.fn, result.args, result.input, frame);
    } catch (error) {
      throw error instanceof JsonataError ? error.at(position, name) : error;
    }
  }
  return result;
}

function applyOnce(fn: Value, args: Value[], input: Value, frame: Frame): Value | TailCall {
  const { run } = frame;
  run.step(3);
  if (fn instanceof Lambda) {
    const { code } = fn;
    const checked = code.signature === undefined ? args : validate(code.signature, args, input);
    run.enter(code.levels);
    const result = code.body(fn.input, new Frame(run, fn.frame, code.params, checked));
    run.leave(code.levels);
    return result;
  }
  if (fn instanceof Native) {
    const checked = fn.signature === undefined ? args : validate(fn.signature, args, input);
    run.enter(NATIVE_LEVELS);
    const result = fn.implementation(checked, { run, input, frame });
    run.leave(NATIVE_LEVELS);
    return result;
  }
  if (fn instanceof PartialApplication) return applyOnce(fn.target, fn.complete(args), input, frame);
  throw new JsonataError('T1006');
}
