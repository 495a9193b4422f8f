import type { Environment } from '../../model/environment.ts';
import { ErrorName, StateError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import { isJsonObject } from '../../model/json.ts';
import type { ChoicePlan, Evaluate, StateResult } from '../../model/plan.ts';
import type { ChoiceDefinition, ChoiceRuleDefinition } from '../definition.ts';
import { compileCondition } from '../jsonpath/choice.ts';
import { compileJsonataResult, compilePathResult } from './flow.ts';
import { compileTyped, type JsonataScope, scopeMaker } from './jsonata.ts';
import { asStateError, compileFilterPath, pathView } from './jsonpath.ts';
import type { StateCompilation } from './options.ts';
import { traced } from './trace.ts';

type Choose = ChoicePlan['choose'];
type Outcome = ReturnType<Choose>;

interface Alternative<T> {
  readonly applies: (seen: T) => boolean;
  readonly produce: Evaluate<StateResult>;
  readonly next: readonly string[];
}

export function compileChoose(choice: ChoiceDefinition, state: StateCompilation): Choose {
  return state.language === 'JSONata' ? compileJsonataChoose(choice, state) : compilePathChoose(choice, state);
}

function compileJsonataChoose(choice: ChoiceDefinition, state: StateCompilation): Choose {
  const alternatives = choice.Choices.map((rule, index): Alternative<JsonataScope> => {
    const prefix = `Choices[${index}]/`;
    const condition = rule['Condition'] ?? false;
    return {
      applies: compileTyped(condition, `${prefix}Condition`, 'boolean', asBoolean, state),
      produce: compileJsonataResult('input', outputFields(rule), state, prefix),
      next: [rule.Next],
    };
  });
  const scope = scopeMaker(choice.Choices.map((rule) => rule['Condition']));
  const otherwise = compileDefault(choice, compileJsonataResult('input', choice, state), state);
  return (env) => first(alternatives, scope(env), env) ?? otherwise(env);
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
    next: [rule.Next],
  }));
  const otherwise = compileDefault(choice, produceWith(choice.Assign), state);
  return (env) => {
    const input = select === undefined ? env.input : select(env, env.input);
    try {
      return first(alternatives, pathView(env, input, state), env) ?? otherwise(env);
    } catch (error) {
      throw asStateError(error);
    }
  };
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
    const next = [Default];
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
