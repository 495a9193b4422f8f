import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { PathEnvironment } from './environment.ts';
import { PathSyntaxError, pointerTo } from './errors.ts';
import { compileExpression } from './expression.ts';
import type { IntrinsicFolding } from './intrinsic.ts';

/** A compiled payload template (`Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, …). */
export interface CompiledTemplate {
  /** Nothing in it is evaluated: `evaluate` always gives the template itself. */
  readonly constant: boolean;
  /** The workflow variables it refers to. */
  readonly variables: readonly string[];
  /** Sub-trees without expressions are shared, not copied. Throws `PathError`. */
  readonly evaluate: (env: PathEnvironment) => Json;
}

type Evaluate = (env: PathEnvironment) => Json;

/** What all parts of a template are compiled with. */
interface Compilation {
  readonly variables: Set<string>;
  readonly problem: (error: PathSyntaxError) => void;
  readonly folding?: IntrinsicFolding | undefined;
}

/** Compiles a template. Throws `PathSyntaxError` for its first problem, with a JSON pointer into the template. */
export function compileTemplate(template: Json, folding?: IntrinsicFolding): CompiledTemplate {
  const variables = new Set<string>();
  const problem = (error: PathSyntaxError) => {
    throw error;
  };
  const evaluate = compileValue(template, '', { variables, problem, folding });
  return {
    constant: evaluate === undefined,
    variables: [...variables],
    evaluate: evaluate ?? (() => template),
  };
}

/** Everything that is wrong with a template. */
export function templateProblems(template: Json): readonly PathSyntaxError[] {
  const problems: PathSyntaxError[] = [];
  compileValue(template, '', { variables: new Set(), problem: (error) => problems.push(error) });
  return problems;
}

/** The evaluation of a value, or undefined if it is constant. */
function compileValue(value: Json, pointer: string, compilation: Compilation): Evaluate | undefined {
  if (isJsonArray(value)) return compileArray(value, pointer, compilation);
  return isJsonObject(value) ? compileObject(value, pointer, compilation) : undefined;
}

function compileArray(items: readonly Json[], pointer: string, compilation: Compilation): Evaluate | undefined {
  const compiled = items.map((item, i) => compileValue(item, pointerTo(pointer, i), compilation));
  if (compiled.every((evaluate) => evaluate === undefined)) return undefined;
  const evaluations = items.map((item, i) => compiled[i] ?? (() => item));
  return (env) => evaluations.map((evaluate) => evaluate(env));
}

function compileObject(object: JsonObject, pointer: string, compilation: Compilation): Evaluate | undefined {
  const shape: [string, Json][] = [];
  const names: string[] = [];
  const evaluations: Evaluate[] = [];
  const taken = new Set<string>();
  for (const [key, value] of Object.entries(object)) {
    const at = pointerTo(pointer, key);
    const dynamic = key.endsWith('.$');
    const name = dynamic ? key.slice(0, -2) : key;
    if (taken.has(name)) {
      compilation.problem(
        new PathSyntaxError('Template.Field', `The field '${name}' is given twice; remove one of them.`, at),
      );
    }
    taken.add(name);
    const evaluate = dynamic ? compileField(key, value, at, compilation) : compileValue(value, at, compilation);
    shape.push([name, evaluate === undefined ? value : null]);
    if (evaluate === undefined) continue;
    names.push(name);
    evaluations.push(evaluate);
  }
  return evaluations.length === 0 ? undefined : fill(Object.fromEntries(shape), names, evaluations);
}

/** Copies the constant members, in the order of the template, and puts the evaluated ones into their places. */
function fill(shape: JsonObject, names: readonly string[], evaluations: readonly Evaluate[]): Evaluate {
  const [name, evaluate] = [names[0], evaluations[0]];
  if (names.includes('__proto__')) {
    return (env) => ({ ...shape, ...Object.fromEntries(names.map((n, i) => [n, evaluations[i]?.(env) ?? null])) });
  }
  if (names.length === 1 && name !== undefined && evaluate !== undefined) {
    return (env) => {
      const filled: Record<string, Json> = { ...shape };
      filled[name] = evaluate(env);
      return filled;
    };
  }
  return (env) => {
    const filled: Record<string, Json> = { ...shape };
    for (let i = 0; i < names.length; i += 1) filled[names[i] ?? ''] = evaluations[i]?.(env) ?? null;
    return filled;
  };
}

function compileField(key: string, value: Json, pointer: string, compilation: Compilation): Evaluate | undefined {
  const { variables, problem, folding } = compilation;
  if (typeof value !== 'string') {
    const message = `The value for the field '${key}' must be a STRING that contains a JSONPath or an intrinsic function call.`;
    problem(new PathSyntaxError('Template.Field', message, pointer));
    return undefined;
  }
  try {
    const expression = compileExpression(value, key, folding);
    for (const name of expression.variables) variables.add(name);
    return expression.evaluate;
  } catch (error) {
    if (!(error instanceof PathSyntaxError)) throw error;
    const message = `The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`;
    problem(new PathSyntaxError(error.code, message, pointer, error.message));
    return undefined;
  }
}
