import type { Json } from '../../model/json.ts';
import type { PathEnvironment } from './environment.ts';
import { intrinsicFailed, type PathError } from './errors.ts';
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
}

type Evaluate = (env: PathEnvironment) => Json;

/** Compiles `States.…(…)`. Throws `PathSyntaxError`. */
export function compileIntrinsic(text: string): CompiledIntrinsic {
  const call = parseIntrinsic(text);
  const variables = new Set<string>();
  const evaluate = compileCall(call, variables);
  return { text, variables: [...variables], evaluate };
}

function compileCall(call: Call, variables: Set<string>): Evaluate {
  const list = call.arguments.map((argument) => compileArgument(argument, call, variables));
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

function compileArgument(argument: Argument, call: Call, variables: Set<string>): Evaluate {
  switch (argument.kind) {
    case 'string':
    case 'constant': {
      const { value } = argument;
      return () => value;
    }
    case 'call':
      return compileCall(argument, variables);
    case 'path': {
      const path = compileParsedPath(argument.text, argument.path);
      for (const name of path.variables) variables.add(name);
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
