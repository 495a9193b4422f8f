import { ErrorName, StateError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import type { Evaluate, Failure } from '../../model/plan.ts';
import type { FailDefinition } from '../definition.ts';
import { compileExpression } from '../jsonpath/expression.ts';
import { compileTyped, scopeMaker } from './jsonata.ts';
import { folding, transform } from './jsonpath.ts';
import type { StateCompilation } from './options.ts';

/** What a Fail state fails with. */
export function compileFailure(fail: FailDefinition, state: StateCompilation): Evaluate<Failure> {
  const error = compileText('Error', fail.Error, fail.ErrorPath, state);
  const cause = compileText('Cause', fail.Cause, fail.CausePath, state);
  return (env) => ({
    ...(error === undefined ? {} : { error: error(env) }),
    ...(cause === undefined ? {} : { cause: cause(env) }),
  });
}

function compileText(
  name: string,
  text: string | undefined,
  path: string | undefined,
  state: StateCompilation,
): Evaluate<string> | undefined {
  if (path !== undefined) return compileTextPath(`${name}Path`, path, state);
  if (text === undefined) return undefined;
  if (state.language === 'JSONPath') return () => text;
  const accept = (value: Json) => (typeof value === 'string' ? value : undefined);
  const evaluate = compileTyped(text, name, 'string', accept, state);
  const scope = scopeMaker([text]);
  return (env) => evaluate(scope(env));
}

/** Here, unlike in other `…Path` fields, an intrinsic function may stand in place of a path. */
function compileTextPath(field: string, path: string, state: StateCompilation): Evaluate<string> {
  const read = transform(compileExpression(path, field, folding(state)).evaluate, state);
  return (env) => {
    const value = read(env, env.input);
    if (typeof value === 'string') return value;
    const given = JSON.stringify(value);
    throw new StateError(ErrorName.runtime, `The ${field} field does not refer to a string: ${path} == ${given}`);
  };
}
