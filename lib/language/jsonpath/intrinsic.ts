import { Budget } from '../../model/budget.ts';
import type { Json } from '../../model/json.ts';
import { CONSTANT_WORK, type Constant, freshCopy, isFoldable } from '../optimize/constant.ts';
import type { PathEnvironment } from './environment.ts';
import { intrinsicFailed, PathError } from './errors.ts';
import { compileFormatTemplate, formatTemplate, maximumFormatted, parseFormatTemplate } from './format.ts';
import { InvalidArguments, intrinsicFunctions } from './intrinsic-functions.ts';
import { type IntrinsicName, intrinsicArity } from './intrinsic-name.ts';
import { type Argument, type Call, parseIntrinsic } from './intrinsic-syntax.ts';
import { compileParsedPath } from './path.ts';

export interface CompiledIntrinsic {
  readonly text: string;
  /** The workflow variables it refers to. */
  readonly variables: readonly string[];
  /** Throws `PathError` (`intrinsic-failed`). */
  readonly evaluate: (env: PathEnvironment) => Json;
  /** Calls in it, the outermost of each, that have been evaluated already. */
  readonly constants: readonly string[];
}

/** With what calls that depend on nothing outside are evaluated once, where they are compiled. */
export interface IntrinsicFolding {
  readonly hash: PathEnvironment['hash'];
}

type Evaluate = (env: PathEnvironment) => Json;

interface Compilation {
  readonly variables: Set<string>;
  readonly folding: IntrinsicFolding | undefined;
  readonly constants: string[];
}

/** Compiles `States.…(…)`. Throws `PathSyntaxError`. */
export function compileIntrinsic(text: string, folding?: IntrinsicFolding): CompiledIntrinsic {
  const call = parseIntrinsic(text);
  const compilation = { variables: new Set<string>(), folding, constants: [] };
  const evaluate = compileCall(call, compilation);
  return { text, variables: [...compilation.variables], evaluate, constants: compilation.constants };
}

function compileCall(call: Call, compilation: Compilation): Evaluate {
  const constant = compilation.folding !== undefined && isConstant(call) ? fold(call, compilation.folding) : undefined;
  if (constant === undefined) return compileApplication(call, compilation);
  compilation.constants.push(call.text);
  return withConstant(constant, compileApplication(call, { ...compilation, folding: undefined }));
}

/** Whether all that a call looks at stands in its text. */
function isConstant({ name, arguments: given }: Call): boolean {
  if (name === 'States.UUID' || (name === 'States.MathRandom' && given.length < 3)) return false;
  return given.every((argument) => argument.kind !== 'path' && (argument.kind !== 'call' || isConstant(argument)));
}

/** `undefined`: it fails, or costs too much, and is left to run time. */
function fold(call: Call, { hash }: IntrinsicFolding): Constant | undefined {
  const evaluate = compileApplication(call, { variables: new Set(), folding: undefined, constants: [] });
  const budget = new Budget(CONSTANT_WORK);
  try {
    const value = evaluate({ ...NOTHING, hash, budget });
    const units = CONSTANT_WORK - budget.left;
    return isFoldable(value, units) ? { value, units, names: [] } : undefined;
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}

const NOTHING = { input: null, context: null, variables: {}, random: () => 0, uuid: () => '' };

/** Gives the constant for what evaluating it costs. Where there is too little left for that, the evaluation fails as ever. */
function withConstant({ value, units }: Constant, evaluate: Evaluate): Evaluate {
  return (env) => {
    const { budget } = env;
    if (budget !== undefined && budget.left < units) return evaluate(env);
    budget?.take(units);
    return freshCopy(value);
  };
}

function compileApplication(call: Call, compilation: Compilation): Evaluate {
  const list = call.arguments.map((argument) => compileArgument(argument, call, compilation));
  const [least, most] = intrinsicArity[call.name];
  if (list.length < least || list.length > most) {
    // Step Functions accepts such a definition and fails when it gets there.
    return () => {
      throw invalidArguments(call, `it takes ${countText(call.name)}, not ${list.length}.`);
    };
  }
  if (call.name === 'States.Format') return compileFormat(call, list);
  const apply = intrinsicFunctions[call.name];
  return (env) => {
    const values = list.map((evaluate) => evaluate(env));
    try {
      return paidFor(apply(values, env), call, env);
    } catch (error) {
      throw error instanceof InvalidArguments ? invalidArguments(call, error.message) : error;
    }
  };
}

function compileArgument(argument: Argument, call: Call, compilation: Compilation): Evaluate {
  switch (argument.kind) {
    case 'string':
    case 'constant': {
      const { value } = argument;
      return () => value;
    }
    case 'call':
      return compileCall(argument, compilation);
    case 'path': {
      const path = compileParsedPath(argument.text, argument.path);
      for (const name of path.variables) compilation.variables.add(name);
      return (env) => {
        const value = path.find(env);
        if (value === undefined) throw missingArgument(call, argument.text, path.root.kind, env);
        return value;
      };
    }
  }
}

/** A literal template is taken apart once; one that comes from a path, each time. */
function compileFormat(call: Call, list: readonly Evaluate[]): Evaluate {
  const [first, ...rest] = list;
  const literal = call.arguments[0]?.kind === 'string' ? call.arguments[0].source : undefined;
  const compiled = literal === undefined ? undefined : compileFormatTemplate(literal);
  return (env) => {
    const template = compiled ?? parseFormatTemplate(first?.(env) ?? null);
    if (typeof template === 'string') throw intrinsicFailed(call.text, template);
    if (template.holes !== rest.length) {
      throw invalidArguments(call, 'number of arguments do not match the occurrences of {}.');
    }
    const text = formatTemplate(
      template,
      rest.map((evaluate) => evaluate(env)),
    );
    if (text === undefined) throw invalidArguments(call, `the text must not exceed ${maximumFormatted} characters.`);
    return paidFor(text, call, env);
  };
}

/** A text that was made costs a unit for sixteen characters. */
function paidFor(value: Json, call: Call, { budget }: PathEnvironment): Json {
  if (typeof value !== 'string' || budget === undefined) return value;
  budget.take(1 + value.length / 16);
  if (budget.left < 0) throw intrinsicFailed(call.text, 'The functions of this state make too much text.');
  return value;
}

function invalidArguments(call: Call, problem: string): PathError {
  return intrinsicFailed(call.text, `Invalid arguments in ${call.name}: ${problem}`);
}

function missingArgument(call: Call, path: string, root: 'input' | 'context' | 'variable', env: PathEnvironment) {
  const document = root === 'input' ? env.input : root === 'context' ? env.context : env.variables;
  const problem = `The JsonPath argument for the field '${path}' could not be found in the input '${JSON.stringify(document)}'`;
  return intrinsicFailed(call.text, problem);
}

function countText(name: IntrinsicName): string {
  const [least, most]: readonly [number, number] = intrinsicArity[name];
  const count =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  return `${count} ${count === '1' || count === 'at least 1' ? 'argument' : 'arguments'}`;
}
