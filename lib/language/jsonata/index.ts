import type { Json } from '../../model/json.ts';
import type { Eval, Native } from './apply.ts';
import type { Node } from './ast.ts';
import { compileTree } from './compile/compile.ts';
import { JsonataError, JsonataSyntaxError } from './errors.ts';
import { evalFunction } from './eval.ts';
import { builtins } from './functions/builtins.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { toJson } from './output.ts';
import { parse } from './parse.ts';
import { Frame, type Globals, Run, type Sources } from './run.ts';
import type { Sequence, Value } from './value.ts';

export type { Node } from './ast.ts';
export { type ErrorDetails, JsonataError, JsonataSyntaxError } from './errors.ts';
export { builtins } from './functions/builtins.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type References, references } from './references.ts';
export type { HashAlgorithm, Sources } from './run.ts';

/** Everything that one evaluation depends on besides the expression and its input. */
export interface EvaluateOptions extends Sources {
  /** Variables, by name without `$`. They hide built-in functions of the same name. */
  readonly bindings?: Readonly<Record<string, Json>> | undefined;
  /** Overrides of the default limits. */
  readonly limits?: Readonly<Partial<Limits>> | undefined;
  /** Is told how much fuel the evaluation took, however it ended. */
  readonly spent?: ((fuel: number) => void) | undefined;
}

/** An expression ready to be evaluated any number of times. It has no state. */
export interface CompiledJsonata {
  readonly source: string;
  /** The syntax tree, for `references` and other static checks. */
  readonly tree: Node;
  /**
   * Evaluates the expression; the same arguments give the same result. `undefined` is JSONata's "nothing". The result may share
   * parts with the input and must not be changed.
   *
   * @throws JsonataError if the evaluation fails or exceeds a limit
   */
  evaluate(input: Json | undefined, options: EvaluateOptions): Json | undefined;
}

/**
 * Compiles a JSONata 2 expression (without the `{% %}` of Step Functions) to closures. Evaluation is synchronous and
 * bounded: hostile expressions end with an `Lxxxx` error.
 *
 * @throws JsonataSyntaxError
 */
export function compileJsonata(source: string): CompiledJsonata {
  const tree = parse(source);
  const evaluate = compile(tree);
  return { source, tree, evaluate: (input, options) => runExpression(evaluate, input, options) };
}

function compile(tree: Node): Eval {
  try {
    return compileTree(tree);
  } catch (error) {
    // The tree is within its bounds, but the caller may be deep in the stack already.
    if (error instanceof RangeError) throw new JsonataSyntaxError('L2002', 0);
    throw error;
  }
}

function runExpression(evaluate: Eval, input: Json | undefined, options: EvaluateOptions): Json | undefined {
  const limits = options.limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...options.limits };
  const run = new Run(limits, options, globalsOf(input, options));
  try {
    return toJson(evaluate(wholeInput(input, run), new Frame(run, undefined)), run);
  } catch (error) {
    // The native stack can be exhausted before the depth limit when the caller is deep in the stack already.
    if (error instanceof RangeError) throw new JsonataError('L1002');
    throw error;
  } finally {
    options.spent?.(limits.fuel - run.fuel);
  }
}

function globalsOf(input: Json | undefined, options: EvaluateOptions): Globals {
  const { bindings } = options;
  const evaluator: Native | undefined = options.allowEval === true ? evalFunction : undefined;
  return (name) => {
    if (bindings !== undefined && Object.hasOwn(bindings, name)) return bindings[name];
    if (name === '$') return input;
    return builtins.get(name) ?? (name === 'eval' ? evaluator : undefined);
  };
}

/** An array that is the input as a whole counts as one context, not as one per item. */
function wholeInput(input: Json | undefined, run: Run): Value {
  if (!Array.isArray(input)) return input;
  const wrapper: Sequence = run.sequence();
  wrapper.push(input);
  wrapper.outerWrapper = true;
  return wrapper;
}
