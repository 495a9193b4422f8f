import type { Environment } from '../../model/environment.ts';
import { ErrorName, StateError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import { isJsonObject } from '../../model/json.ts';
import type { ChoicePlan, Evaluate, StateResult, Targets } from '../../model/plan.ts';
import { type ChoiceDefinition, type ChoiceRuleDefinition, expressionIn } from '../definition.ts';
import { compileCondition } from '../jsonpath/choice.ts';
import { compileJsonataResult, compilePathResult } from './flow.ts';
import { compileTyped, constantOf, type JsonataScope, scopeMaker } from './jsonata.ts';
import { asStateError, compileFilterPath, pathView } from './jsonpath.ts';
import type { StateCompilation } from './options.ts';
import { targetsIn } from './targets.ts';
import { traced } from './trace.ts';

type Choose = ChoicePlan['choose'];
type Outcome = ReturnType<Choose>;

interface Alternative<T> {
  readonly applies: (seen: T) => boolean;
  readonly produce: Evaluate<StateResult>;
  readonly next: Targets;
}

/** How a Choice decides, and where it may lead. */
export function compileChoice(
  choice: ChoiceDefinition,
  state: StateCompilation,
): Pick<ChoicePlan, 'choose' | 'ways' | 'selectsAll'> {
  const { Choices, Default, Select } = choice;
  const choose = state.language === 'JSONata' ? compileJsonataChoose(choice, state) : compilePathChoose(choice, state);
  const ways = Choices.map(({ Next }) => targetsIn(Next));
  if (Default !== undefined) ways.push(targetsIn(Default));
  return Select === 'All' ? { choose, ways, selectsAll: true } : { choose, ways };
}

function compileJsonataChoose(choice: ChoiceDefinition, state: StateCompilation): Choose {
  const alternatives = rulesToLookAt(choice, state).map(([index, rule]): Alternative<JsonataScope> => {
    const prefix = `Choices[${index}]/`;
    const condition = rule['Condition'] ?? false;
    return {
      applies: compileTyped(condition, `${prefix}Condition`, 'boolean', asBoolean, state),
      produce: compileJsonataResult('input', outputFields(rule), state, prefix),
      next: targetsIn(rule.Next),
    };
  });
  const scope = scopeMaker(choice.Choices.map((rule) => rule['Condition']));
  const otherwise = compileDefault(choice, compileJsonataResult('input', choice, state), state);
  const select = selectorOf(choice, compileJsonataResult('input', { Output: choice.Output }, state));
  return (env) => select(alternatives, scope(env), env) ?? otherwise(env);
}

/** Those that may apply, with their places: none that never does, and none behind one that always does. */
function rulesToLookAt({ Choices, Select }: ChoiceDefinition, state: StateCompilation) {
  const rules: (readonly [index: number, ChoiceRuleDefinition])[] = [];
  for (const [index, rule] of Choices.entries()) {
    const constant = constantCondition(rule['Condition'] ?? false, state);
    // What costs something is still paid for.
    if (constant?.value !== false || constant.units > 0) rules.push([index, rule]);
    if (constant?.value === true && Select !== 'All') break;
  }
  return rules;
}

/** `undefined`: it depends on something, be it a variable that hides a function. */
function constantCondition(condition: Json, state: StateCompilation): { value: Json; units: number } | undefined {
  if (state.isOptimized === false) return undefined;
  const source = typeof condition === 'string' ? expressionIn(condition) : undefined;
  if (source === undefined) return { value: condition, units: 0 };
  const constant = constantOf(source, state);
  return constant === undefined || constant.names.length > 0 ? undefined : constant;
}

function compilePathChoose(choice: ChoiceDefinition, state: StateCompilation): Choose {
  const select = traced('afterInputPath', compileFilterPath(choice.InputPath, 'InputPath', state), state);
  const produceWith = (Assign: Json | undefined) =>
    compilePathResult(
      'input',
      { select, OutputPath: choice.OutputPath, ...(isJsonObject(Assign) ? { Assign } : {}) },
      state,
    );
  const alternatives = choice.Choices.map((rule) => ({
    applies: compileCondition(rule).test,
    produce: produceWith(rule['Assign']),
    next: targetsIn(rule.Next),
  }));
  const otherwise = compileDefault(choice, produceWith(choice.Assign), state);
  const selected = selectorOf(choice, produceWith(undefined));
  return (env) => {
    const input = select === undefined ? env.input : select(env, env.input);
    try {
      return selected(alternatives, pathView(env, input, state), env) ?? otherwise(env);
    } catch (error) {
      throw asStateError(error);
    }
  };
}

type Selector = <T>(alternatives: readonly Alternative<T>[], seen: T, env: Environment) => Outcome | undefined;

/** Which rules count. `produce` makes the output where several can, none of which has one of its own. */
function selectorOf({ Select }: ChoiceDefinition, produce: Evaluate<StateResult>): Selector {
  return Select === 'All' ? (alternatives, seen, env) => all(alternatives, seen, env, produce) : first;
}

/** All conditions see the same data; the variables of later rules replace those of earlier ones. */
function all<T>(
  alternatives: readonly Alternative<T>[],
  seen: T,
  env: Environment,
  produce: Evaluate<StateResult>,
): Outcome | undefined {
  const matching = alternatives.filter(({ applies }) => applies(seen));
  if (matching.length === 0) return undefined;
  const assigned = matching.map((rule) => rule.produce(env).assign).filter((assign) => assign !== undefined);
  const next = matching.flatMap((rule) => rule.next);
  const { output } = produce(env);
  return assigned.length === 0 ? { output, next } : { output, next, assign: Object.assign({}, ...assigned) };
}

function first<T>(alternatives: readonly Alternative<T>[], seen: T, env: Environment): Outcome | undefined {
  for (const { applies, produce, next } of alternatives) {
    if (applies(seen)) return { ...produce(env), next };
  }
  return undefined;
}

function compileDefault(choice: ChoiceDefinition, produce: Evaluate<StateResult>, state: StateCompilation): Choose {
  const { Default } = choice;
  if (Default !== undefined) {
    const next = targetsIn(Default);
    return (env) => ({ ...produce(env), next });
  }
  const cause = `No rule of the state '${state.name}' matches its input, and it has no Default.`;
  return () => {
    throw new StateError(ErrorName.noChoiceMatched, cause);
  };
}

function asBoolean(value: Json): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function outputFields(rule: ChoiceRuleDefinition) {
  const { Output, Assign } = rule;
  return { Output, Assign: isJsonObject(Assign) ? Assign : undefined };
}
