import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { comparisonOf } from './choice-operator.ts';
import type { PathEnvironment } from './environment.ts';
import { choicePathNotFound, PathSyntaxError, pointerTo } from './errors.ts';
import { type CompiledPath, compilePath } from './path.ts';

/** The condition of a choice rule that is written for JSONPath. */
export interface CompiledCondition {
  /** The workflow variables it refers to. */
  readonly variables: readonly string[];
  /** Throws `PathError` (`choice-path-not-found`) where `Variable` or a `…Path` leads nowhere. */
  readonly test: (env: PathEnvironment) => boolean;
}

type Test = (env: PathEnvironment) => boolean;

/** Fields of a rule that are no part of its condition. */
const others = new Set(['Variable', 'Next', 'Comment', 'Assign', 'Output']);

/** Compiles the condition of a rule. Throws `PathSyntaxError`, with a JSON pointer into the rule. */
export function compileCondition(rule: Json): CompiledCondition {
  const variables = new Set<string>();
  const test = compileRule(rule, '', variables);
  return { variables: [...variables], test };
}

function compileRule(rule: Json, pointer: string, variables: Set<string>): Test {
  if (!isJsonObject(rule)) throw problem('A choice rule must be an object.', pointer);
  const operators = Object.keys(rule).filter((key) => !others.has(key));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1) {
    throw problem(`A choice rule must have exactly one operator; this one has ${operators.length}.`, pointer);
  }
  const at = pointerTo(pointer, operator);
  const operand = rule[operator] ?? null;
  if (operator === 'And' || operator === 'Or') {
    const tests = compileRules(operand, at, variables);
    return operator === 'And' ? (env) => tests.every((test) => test(env)) : (env) => tests.some((test) => test(env));
  }
  if (operator === 'Not') {
    const test = compileRule(operand, at, variables);
    return (env) => !test(env);
  }
  return compileComparison(rule, operator, operand, pointer, variables);
}

function compileRules(operand: Json, pointer: string, variables: Set<string>): readonly Test[] {
  if (!isJsonArray(operand) || operand.length === 0) throw problem('This must be a list of rules.', pointer);
  return operand.map((rule, i) => compileRule(rule, pointerTo(pointer, i), variables));
}

function compileComparison(
  rule: JsonObject,
  operator: string,
  operand: Json,
  pointer: string,
  variables: Set<string>,
): Test {
  const at = pointerTo(pointer, operator);
  const subject = compileOperand(rule['Variable'] ?? null, 'Variable', pointerTo(pointer, 'Variable'), variables);
  if (operator === 'IsPresent') {
    if (typeof operand !== 'boolean') throw problem('IsPresent must be true or false.', at);
    return (env) => (subject.find(env) !== undefined) === operand;
  }
  const comparison = comparisonOf(operator);
  if (comparison === undefined) throw problem(`'${operator}' is not an operator of choice rules.`, at);
  if (comparison.byPath) {
    const other = compileOperand(operand, operator, at, variables);
    const compare = comparison.compare;
    return (env) => compare(found(subject, env), found(other, env));
  }
  if (!comparison.accepts(operand)) throw problem(`The value of ${operator} must be a ${comparison.type}.`, at);
  return compareWith(subject, comparison.prepare(operand));
}

function compareWith(subject: CompiledPath, test: (value: Json) => boolean): Test {
  return (env) => test(found(subject, env));
}

function found(path: CompiledPath, env: PathEnvironment): Json {
  const value = path.find(env);
  if (value === undefined) throw choicePathNotFound(path.text);
  return value;
}

function compileOperand(text: Json, field: string, pointer: string, variables: Set<string>): CompiledPath {
  if (typeof text !== 'string') throw problem(`${field} must be a path.`, pointer);
  try {
    const path = compilePath(text, field);
    for (const name of path.variables) variables.add(name);
    return path;
  } catch (error) {
    throw error instanceof PathSyntaxError ? new PathSyntaxError(error.code, error.message, pointer) : error;
  }
}

function problem(message: string, pointer: string): PathSyntaxError {
  return new PathSyntaxError('Choice.Rule', message, pointer);
}
