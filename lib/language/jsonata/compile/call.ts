import {
  apply,
  type Eval,
  Lambda,
  type LambdaCode,
  Native,
  PartialApplication,
  TailCall,
  type TailEval,
} from '../apply.ts';
import type { CallNode, Node } from '../ast.ts';
import { JsonataError } from '../errors.ts';
import type { Frame } from '../run.ts';
import { parseSignature } from '../signature.ts';
import { display, Fn, type Value } from '../value.ts';
import type { Compiler } from './compiler.ts';

export function compileCall(node: Node & CallNode, compiler: Compiler): Eval {
  const invoke = compileInvocation(node, compiler);
  return (input, frame) => invoke(input, frame, []);
}

/** A call whose first arguments are given: those that `~>` passes. */
type Invocation = (input: Value, frame: Frame, given: Value[]) => Value;

function compileInvocation(node: Node & CallNode, compiler: Compiler): Invocation {
  const procedure = compileProcedure(node, compiler, 'T1005');
  const args = node.args.map((arg) => compiler.compile(arg));
  const { position, name } = node;
  return (input, frame, given) => {
    const fn = procedure(input, frame);
    for (const arg of args) given.push(arg(input, frame));
    try {
      return apply(fn, given, input, frame);
    } catch (error) {
      throw error instanceof JsonataError ? error.at(position, name) : error;
    }
  };
}

/** The function that a call names; a field of the name of a known function gets a hint. */
function compileProcedure(
  node: Node & { readonly procedure: Node; readonly name: string | undefined },
  compiler: Compiler,
  hint: 'T1005' | 'T1007',
): Eval {
  const evaluate = compiler.compile(node.procedure);
  const { procedure, name, position } = node;
  if (procedure.type !== 'path' || name === undefined) return evaluate;
  return (input, frame) => {
    const fn = evaluate(input, frame);
    if (fn === undefined && frame.lookup(name) !== undefined) throw new JsonataError(hint, { position, token: name });
    return fn;
  };
}

/** A call in tail position: evaluates the arguments and leaves the call to whoever called the function. */
export function compileTailCall(node: Node & CallNode, compiler: Compiler): TailEval {
  const procedure = compileProcedure(node, compiler, 'T1005');
  const args = node.args.map((arg) => compiler.compile(arg));
  const { position, name } = node;
  return (input, frame) => {
    const fn = procedure(input, frame);
    frame.run.step(1);
    return new TailCall(
      fn,
      args.map((arg) => arg(input, frame)),
      input,
      position,
      name,
    );
  };
}

export function compilePartial(node: Node & { readonly type: 'partial' }, compiler: Compiler): Eval {
  const procedure = compileProcedure(node, compiler, 'T1007');
  const args = node.args.map((arg) => arg && compiler.compile(arg));
  const holes = args.flatMap((arg, index) => (arg === undefined ? [index] : []));
  return (input, frame) => {
    const values = args.map((arg) => arg?.(input, frame));
    const fn = procedure(input, frame);
    frame.run.step(8);
    if (fn instanceof Fn) return new PartialApplication(fn, values, holes);
    throw new JsonataError('T1008', {
      position: node.position,
      ...(node.name === undefined ? {} : { token: node.name }),
    });
  };
}

export function compileLambda(node: Node & { readonly type: 'lambda' }, compiler: Compiler): Eval {
  const signature = node.signature === undefined ? undefined : parseSignature(node.signature);
  const code: LambdaCode = { params: node.params, signature, ...compiler.compileBody(node.body) };
  return (input, frame) => {
    frame.run.step(8);
    return new Lambda(code, frame, input);
  };
}

/** `~>`: applies the right side to the left one, or chains two functions. */
export function compileApply(node: Node & { readonly type: 'apply' }, compiler: Compiler): Eval {
  const left = compiler.compile(node.left);
  if (node.right.type === 'call') {
    const invoke = compileInvocation(node.right, compiler);
    return (input, frame) => invoke(input, frame, [left(input, frame)]);
  }
  const right = compiler.compile(node.right);
  return (input, frame) => {
    const value = left(input, frame);
    const fn = right(input, frame);
    if (!(fn instanceof Fn)) throw new JsonataError('T2006', { position: node.position, value: display(fn) });
    frame.run.step(4);
    return value instanceof Fn ? chain(value, fn) : apply(fn, [value], null, frame);
  };
}

function chain(first: Fn, second: Fn): Native {
  return new Native(1, undefined, ([value], { frame }) =>
    apply(second, [apply(first, [value], null, frame)], null, frame),
  );
}
