import type { Environment } from '../../model/environment.ts';
import { StateError } from '../../model/errors.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { PathEnvironment } from '../jsonpath/environment.ts';
import { PathError } from '../jsonpath/errors.ts';
import type { IntrinsicFolding } from '../jsonpath/intrinsic.ts';
import { compilePath } from '../jsonpath/path.ts';
import { compileTemplate } from '../jsonpath/template.ts';
import type { CompileOptions, ValueCompilation } from './options.ts';

/** Makes a value of what `$` stands for. */
export type Transform = (env: Environment, input: Json) => Json;

/** What JSONPath expressions see. The context object and the variables are looked up only when a path asks for them. */
class PathView implements PathEnvironment {
  readonly input: Json;
  readonly hash: PathEnvironment['hash'];
  readonly budget: PathEnvironment['budget'];
  readonly random: () => number;
  readonly uuid: () => string;
  readonly #env: Environment;

  constructor(env: Environment, input: Json, hash: PathEnvironment['hash']) {
    this.input = input;
    this.hash = hash;
    this.budget = env.budget;
    this.random = env.random;
    this.uuid = env.uuid;
    this.#env = env;
  }

  get context(): JsonObject {
    return this.#env.context;
  }

  get variables(): JsonObject {
    return this.#env.variables;
  }
}

/** Gives a compiled expression of the JSONPath side its place in a plan: its environment, and errors of the plan's kind. */
export function transform(evaluate: (env: PathEnvironment) => Json, options: ValueCompilation): Transform {
  const { hash } = options;
  return (env, input) => {
    try {
      return evaluate(new PathView(env, input, hash));
    } catch (error) {
      throw asStateError(error);
    }
  };
}

export function pathView(env: Environment, input: Json, options: ValueCompilation): PathEnvironment {
  return new PathView(env, input, options.hash);
}

export function asStateError(error: unknown): unknown {
  return error instanceof PathError ? new StateError(error.error, error.cause) : error;
}

/** A path; `undefined` if it is `$`, which changes nothing. */
export function compilePathTransform(text: string, field: string, options: ValueCompilation): Transform | undefined {
  if (text === '$') return undefined;
  return transform(compilePath(text, field).evaluate, options);
}

/** `InputPath` or `OutputPath`: absent means everything, `null` an empty object. */
export function compileFilterPath(
  text: string | null | undefined,
  field: string,
  options: ValueCompilation,
): Transform | undefined {
  if (text === undefined) return undefined;
  if (text === null) return () => EMPTY;
  return compilePathTransform(text, field, options);
}

const EMPTY: JsonObject = {};

/** A payload template: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`. */
export function compilePayload(template: Json, options: ValueCompilation): Transform {
  const { constant, evaluate } = compileTemplate(template, folding(options));
  return constant ? () => template : transform(evaluate, options);
}

/** `undefined`: nothing is evaluated before it is needed. */
export function folding({ hash, isOptimized }: CompileOptions): IntrinsicFolding | undefined {
  return isOptimized === false ? undefined : { hash };
}

/** The one after the other; `undefined` stands for no change. */
export function chain(first: Transform | undefined, second: Transform | undefined): Transform | undefined {
  if (first === undefined) return second;
  if (second === undefined) return first;
  return (env, input) => second(env, first(env, input));
}
