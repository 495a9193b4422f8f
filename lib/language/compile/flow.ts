import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Evaluate, StateResult } from '../../model/plan.ts';
import { applyResultPath, compileResultPath } from '../jsonpath/reference-path.ts';
import { compileTemplate, type JsonataScope, scopeMaker } from './jsonata.ts';
import { asStateError, chain, compileFilterPath, compilePayload, type Transform } from './jsonpath.ts';
import type { ValueCompilation } from './options.ts';
import { traced } from './trace.ts';

/** What a state's result is before the fields that shape it: one of the values in the environment. */
export type Source = 'input' | 'result' | 'errorOutput';

function read(source: Source): Evaluate<Json> {
  switch (source) {
    case 'input':
      return (env) => env.input;
    case 'result':
      return (env) => env.result ?? null;
    case 'errorOutput':
      return (env) => env.errorOutput ?? null;
  }
}

interface JsonPathFields {
  /** Makes the result of the source, as `ResultSelector` or `Parameters` do; `undefined`: it is the source. */
  readonly select?: Transform | undefined;
  readonly Assign?: JsonObject | undefined;
  /** Absent: like `$`, the result is the output. */
  readonly ResultPath?: string | null | undefined;
  readonly OutputPath?: string | null | undefined;
}

/** How a JSONPath state makes its output and variables. Closures are chosen so that absent fields cost nothing. */
export function compilePathResult(
  source: Source,
  fields: JsonPathFields,
  options: ValueCompilation,
): Evaluate<StateResult> {
  const raw = read(source);
  const select = traced('afterResultSelector', fields.select, options);
  const result: Evaluate<Json> = select === undefined ? raw : (env) => select(env, raw(env));
  const finish = chain(
    traced('afterResultPath', compileResultPlacement(fields.ResultPath), options),
    compileFilterPath(fields.OutputPath, 'OutputPath', options),
  );
  const assign = compileAssign(fields.Assign, options);
  if (assign !== undefined) {
    return (env) => {
      const value = result(env);
      const variables = assign(env, value);
      const output = finish === undefined ? value : finish(env, value);
      return isJsonObject(variables) ? { output, assign: variables } : { output };
    };
  }
  return finish === undefined ? (env) => ({ output: result(env) }) : (env) => ({ output: finish(env, result(env)) });
}

function compileAssign(assign: JsonObject | undefined, options: ValueCompilation): Transform | undefined {
  return isEmpty(assign) ? undefined : compilePayload(assign, options);
}

function isEmpty(object: JsonObject | undefined): object is undefined {
  return object === undefined || Object.keys(object).length === 0;
}

/** `ResultPath`: puts the result into the state's raw input. */
function compileResultPlacement(path: string | null | undefined): Transform | undefined {
  if (path === undefined || path === '$') return undefined;
  if (path === null) return (env) => env.input;
  const place = compileResultPath(path);
  return (env, result) => {
    try {
      return applyResultPath(place, env.input, result);
    } catch (error) {
      throw asStateError(error);
    }
  };
}

interface JsonataFields {
  readonly Output?: Json | undefined;
  readonly Assign?: JsonObject | undefined;
}

/** How a JSONata state makes its output and variables. Both see what was before: neither sees the other's work. */
export function compileJsonataResult(
  source: Source,
  fields: JsonataFields,
  options: ValueCompilation,
  prefix = '',
): Evaluate<StateResult> {
  const raw = read(source);
  const { Output, Assign } = fields;
  const assign = isEmpty(Assign) ? undefined : compileTemplate(Assign, `${prefix}Assign`, options);
  const output = Output === undefined ? undefined : compileTemplate(Output, `${prefix}Output`, options);
  const scope = scopeMaker([Output, Assign]);
  if (assign === undefined) {
    if (output === undefined) return (env) => ({ output: raw(env) });
    return (env) => ({ output: output.evaluate(scope(env)) });
  }
  return (env) => {
    const seen: JsonataScope = scope(env);
    const variables = assign.evaluate(seen);
    const value = output === undefined ? raw(env) : output.evaluate(seen);
    return isJsonObject(variables) ? { output: value, assign: variables } : { output: value };
  };
}
