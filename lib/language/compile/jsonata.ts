import type { Budget } from '../../model/budget.ts';
import type { Environment } from '../../model/environment.ts';
import { ErrorName, StateError } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { expressionIn } from '../definition.ts';
import { DEFAULT_LIMITS, type EvaluateOptions, JsonataError } from '../jsonata/index.ts';
import { type Constant, freshCopy } from '../optimize/constant.ts';
import type { ValueCompilation } from './options.ts';

/** What the expressions of one evaluation see; made once for all fields that are evaluated together. */
export interface JsonataScope {
  readonly env: Environment;
  /** `$states` and the variables. */
  readonly bindings: JsonObject;
}

/** A JSON value with expressions in it. */
export interface Template {
  /** There is no expression in it: it always gives the same value, the very same object. */
  readonly fixed: boolean;
  readonly evaluate: (scope: JsonataScope) => Json;
}

/**
 * How to make the scope of a state's fields. The context object is costly and rarely looked at, so it is there only if
 * something in the fields may look at it: they mention `$states` other than to read its other members.
 */
export function scopeMaker(fields: readonly (Json | undefined)[]): (env: Environment) => JsonataScope {
  const needsContext = fields.some((field) => field !== undefined && mentionsContext.test(JSON.stringify(field)));
  return needsContext ? scopeWithContext : scopeWithoutContext;
}

const mentionsContext = /\$eval|\$states(?!\.(?:input|result|errorOutput)(?!\w))/;

const scopeWithContext = (env: Environment): JsonataScope => new LazyScope(env, true);
const scopeWithoutContext = (env: Environment): JsonataScope => new LazyScope(env, false);

/** Constants and `$states.input` do without bindings. */
class LazyScope implements JsonataScope {
  readonly env: Environment;
  readonly #needsContext: boolean;
  #bindings: JsonObject | undefined;

  constructor(env: Environment, needsContext: boolean) {
    this.env = env;
    this.#needsContext = needsContext;
  }

  get bindings(): JsonObject {
    this.#bindings ??= this.#make();
    return this.#bindings;
  }

  #make(): JsonObject {
    const { env } = this;
    const states = this.#needsContext ? { ...stateData(env), context: env.context } : stateData(env);
    return { ...env.variables, states };
  }
}

function stateData(env: Environment): JsonObject {
  const { input, result, errorOutput } = env;
  if (result !== undefined) return { input, result };
  return errorOutput === undefined ? { input } : { input, errorOutput };
}

/** Compiles the value of a field. `location` names the field as Step Functions does: `Output/total`, `Assign/list[0]`. */
export function compileTemplate(value: Json, location: string, options: ValueCompilation): Template {
  if (typeof value === 'string') {
    const source = expressionIn(value);
    if (source === undefined) return fixed(value);
    return { fixed: false, evaluate: compileExpression(source, location, options) };
  }
  if (isJsonArray(value)) {
    const items = value.map((item, index) => compileTemplate(item, `${location}[${index}]`, options));
    if (items.every((item) => item.fixed)) return fixed(value);
    return { fixed: false, evaluate: (scope) => items.map((item) => item.evaluate(scope)) };
  }
  if (isJsonObject(value)) return compileObject(value, location, options);
  return fixed(value);
}

function compileObject(value: JsonObject, location: string, options: ValueCompilation): Template {
  const fields = Object.entries(value).map(
    ([key, field]) => [key, compileTemplate(field, `${location}/${key}`, options)] as const,
  );
  if (fields.every(([, field]) => field.fixed)) return fixed(value);
  return {
    fixed: false,
    evaluate: (scope) => Object.fromEntries(fields.map(([key, field]) => [key, field.evaluate(scope)])),
  };
}

function fixed(value: Json): Template {
  return { fixed: true, evaluate: () => value };
}

/** Compiles one expression. What fails in it becomes `States.QueryEvaluationError`; giving nothing is a failure too. */
export function compileExpression(source: string, location: string, options: ValueCompilation): Template['evaluate'] {
  if (source === '$states.input') return (scope) => scope.env.input;
  const expression = options.expressions.compile(source);
  const { hash } = options;
  const where = `The JSONata expression '${source}' specified for the field '${location}'`;
  const evaluate: Template['evaluate'] = (scope) => {
    const { bindings, env } = scope;
    let value: Json | undefined;
    try {
      const sources = { now: env.now, random: env.random, uuid: env.uuid, hash };
      value = expression.evaluate(undefined, { bindings, ...sources, ...bounds(env.budget) });
    } catch (error) {
      if (!(error instanceof JsonataError)) throw error;
      throw queryError(`${where} threw an error during evaluation. ${error.code}: ${error.message}`, location);
    }
    if (value === undefined) throw queryError(`${where} returned nothing (undefined).`, location);
    return value;
  };
  const constant = constantOf(source, options);
  return constant === undefined ? evaluate : withConstant(constant, evaluate);
}

/** What an expression always gives; `undefined`: that depends. */
export function constantOf(source: string, { expressions, hash, isOptimized }: ValueCompilation): Constant | undefined {
  return isOptimized === false ? undefined : expressions.constant(source, hash);
}

/** Gives the constant for what evaluating it costs. Where there is too little left for that, the evaluation fails as ever. */
function withConstant({ value, units, names }: Constant, evaluate: Template['evaluate']): Template['evaluate'] {
  const isHidden = (variables: JsonObject) => names.some((name) => Object.hasOwn(variables, name));
  return (scope) => {
    const { env } = scope;
    const { budget } = env;
    if (budget !== undefined && budget.left < units) return evaluate(scope);
    if (names.length > 0 && isHidden(env.variables)) return evaluate(scope);
    budget?.take(units);
    return freshCopy(value);
  };
}

/** All expressions of a state share one budget: many that are just within their limits are as bad as one that is not. */
function bounds(budget: Budget | undefined): Pick<EvaluateOptions, 'limits' | 'spent'> | undefined {
  if (budget === undefined) return undefined;
  const fuel = Math.max(0, Math.min(DEFAULT_LIMITS.fuel, budget.left));
  return { limits: { fuel }, spent: (units) => budget.take(units) };
}

export function queryError(cause: string, location: string): StateError {
  return new StateError(ErrorName.queryEvaluation, cause, location);
}

type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

function typeOf(value: Json): JsonType {
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'number' : 'boolean';
}

/** The expression of a field gave a value of the wrong type. */
export function unexpectedType(source: string, location: string, expected: string, value: Json): StateError {
  const cause =
    `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result type. ` +
    `Expected '${expected}', but was '${typeOf(value)}' for value: ${JSON.stringify(value)}`;
  return queryError(cause, location);
}

/** A field that is a value of one type or an expression that gives one. `accept` returns `undefined` for other values. */
export function compileTyped<T>(
  value: Json,
  location: string,
  expected: string,
  accept: (value: Json) => T | undefined,
  options: ValueCompilation,
): (scope: JsonataScope) => T {
  const template = compileTemplate(value, location, options);
  const source = (typeof value === 'string' ? expressionIn(value) : undefined) ?? JSON.stringify(value);
  return (scope) => {
    const given = template.evaluate(scope);
    const accepted = accept(given);
    if (accepted === undefined) throw unexpectedType(source, location, expected, given);
    return accepted;
  };
}
