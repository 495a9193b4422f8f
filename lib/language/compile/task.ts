import type { Json } from '../../model/json.ts';
import type { Evaluate, TaskPlan } from '../../model/plan.ts';
import type { TaskDefinition, Working } from '../definition.ts';
import { parseResource } from '../resource.ts';
import { compileJsonataResult, compilePathResult } from './flow.ts';
import { compileTemplate, compileTyped, scopeMaker } from './jsonata.ts';
import { chain, compileFilterPath, compilePayload, type Transform } from './jsonpath.ts';
import { compileNumber } from './number.ts';
import type { StateCompilation } from './options.ts';
import { compileCatcher, compileRetrier } from './recovery.ts';
import { compileTargets } from './targets.ts';
import { traced } from './trace.ts';
import { compileWorkItem } from './work-item.ts';

/** The fields of Task, Parallel and Map: how they fail over, and what they make of their result. */
export function compileWorking(definition: Working, state: StateCompilation) {
  const { ResultSelector } = definition;
  return {
    name: state.name,
    queryLanguage: state.language,
    retry: (definition.Retry ?? []).map(compileRetrier),
    catch: (definition.Catch ?? []).map((catcher, index) => compileCatcher(catcher, index, state)),
    complete:
      state.language === 'JSONata'
        ? compileJsonataResult('result', definition, state)
        : compilePathResult(
            'result',
            {
              select: ResultSelector === undefined ? undefined : compilePayload(ResultSelector, state),
              Assign: definition.Assign,
              ResultPath: definition.ResultPath,
              OutputPath: definition.OutputPath,
            },
            state,
          ),
    next: compileTargets(definition),
  };
}

/** What a Task is called with, and what each branch of a Parallel starts with. */
export function compileArguments(definition: Working, state: StateCompilation): Evaluate<Json> {
  if (state.language === 'JSONata') {
    const { Arguments } = definition;
    if (Arguments === undefined) return (env) => env.input;
    const template = compileTemplate(Arguments, 'Arguments', state);
    const scope = scopeMaker([Arguments]);
    const evaluate: Transform = (env) => template.evaluate(scope(env));
    const make = traced('afterArguments', evaluate, state) ?? evaluate;
    return (env) => make(env, env.input);
  }
  const { Parameters } = definition;
  const make = chain(
    traced('afterInputPath', compileFilterPath(definition.InputPath, 'InputPath', state), state),
    traced('afterParameters', Parameters === undefined ? undefined : compilePayload(Parameters, state), state),
  );
  return make === undefined ? (env) => env.input : (env) => make(env, env.input);
}

export function compileTask(definition: TaskDefinition, state: StateCompilation): TaskPlan {
  const parsed = parseResource(definition.Resource);
  if (!parsed.ok) throw new Error(`The Resource of '${state.name}' must be checked before it is compiled.`);
  const called = compileArguments(definition, state);
  return {
    type: 'Task',
    ...compileWorking(definition, state),
    resource: parsed.resource,
    arguments: parsed.resource.kind === 'workItem' ? compileWorkItem(definition, called, state) : called,
    timeoutSeconds: compileDuration('TimeoutSeconds', definition.TimeoutSeconds, definition.TimeoutSecondsPath),
    heartbeatSeconds: compileDuration('HeartbeatSeconds', definition.HeartbeatSeconds, definition.HeartbeatSecondsPath),
    roleArn: compileRoleArn(definition, state),
    idempotent: definition.Idempotent ?? state.idempotent,
  };

  function compileDuration(name: string, value: number | string | undefined, path: string | undefined) {
    const fields = { name, kind: 'integer', value, path, inputPath: definition.InputPath } as const;
    return compileNumber(fields, state, (seconds) => durationProblem(name, seconds)) ?? unlimited;
  }
}

const unlimited = () => undefined;

const MAX_DURATION_SECONDS = 99_999_999;

function durationProblem(name: string, seconds: number): string | undefined {
  if (seconds >= 1 && seconds <= MAX_DURATION_SECONDS) return undefined;
  return `${name} must be between 1 and ${MAX_DURATION_SECONDS}, but is ${seconds}.`;
}

/** `Credentials.RoleArn`: the role a task assumes. */
function compileRoleArn(definition: TaskDefinition, state: StateCompilation): Evaluate<string | undefined> {
  const { Credentials } = definition;
  if (Credentials === undefined) return unlimited;
  if (state.language === 'JSONata') {
    const { RoleArn } = Credentials;
    const evaluate = compileTyped(RoleArn ?? null, 'Credentials/RoleArn', 'string', asText, state);
    const scope = scopeMaker([RoleArn]);
    return (env) => evaluate(scope(env));
  }
  const filter = compileFilterPath(definition.InputPath, 'InputPath', state);
  const make = chain(filter, compilePayload(Credentials, state));
  return (env) => {
    const made = make?.(env, env.input) ?? null;
    return typeof made === 'object' && made !== null && 'RoleArn' in made ? asText(made['RoleArn']) : undefined;
  };
}

function asText(value: Json): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
