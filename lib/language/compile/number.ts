import { ErrorName, StateError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import type { Evaluate } from '../../model/plan.ts';
import type { NumberField } from '../definition.ts';
import { compileTyped, scopeMaker } from './jsonata.ts';
import { compileFilterPath, compilePathTransform, type Transform } from './jsonpath.ts';
import type { StateCompilation } from './options.ts';

/** A number that a definition may give directly, as an expression, or as a path in a field of its own. */
export interface NumberFields {
  readonly name: string;
  readonly kind: 'integer' | 'float';
  readonly value: NumberField | undefined;
  readonly path: string | undefined;
  /** Of the state, since paths see what it lets through. */
  readonly inputPath: string | null | undefined;
}

/** Throws what is wrong with a value that is of the right kind but out of bounds. */
type Bounds = (value: number) => string | undefined;

const noBounds: Bounds = () => undefined;

/** `undefined` if the definition does not give the number at all. */
export function compileNumber(
  fields: NumberFields,
  state: StateCompilation,
  bounds: Bounds = noBounds,
): Evaluate<number> | undefined {
  const { name, value, path, kind } = fields;
  const check = (given: number): number => {
    const problem = bounds(given);
    if (problem !== undefined) throw new StateError(ErrorName.runtime, problem);
    return given;
  };
  if (typeof value === 'number') return () => check(value);
  if (typeof value === 'string') {
    const accept = (given: Json) => (typeof given === 'number' && fits(given, kind) ? given : undefined);
    const evaluate = compileTyped(value, name, kind === 'integer' ? 'integer' : 'number', accept, state);
    const scope = scopeMaker([value]);
    return (env) => check(evaluate(scope(env)));
  }
  if (path === undefined) return undefined;
  const read = compileInputTransform(fields.inputPath, path, `${name}Path`, state);
  return (env) => check(numberAt(read(env, env.input), path, `${name}Path`, kind));
}

/** Reads a path behind the state's `InputPath`. */
export function compileInputTransform(
  inputPath: string | null | undefined,
  path: string,
  field: string,
  state: StateCompilation,
): Transform {
  const filter = compileFilterPath(inputPath, 'InputPath', state);
  const read = compilePathTransform(path, field, state) ?? identity;
  return filter === undefined ? read : (env, input) => read(env, filter(env, input));
}

const identity: Transform = (_env, input) => input;

function numberAt(value: Json, path: string, field: string, kind: 'integer' | 'float'): number {
  const number = numberIn(value);
  if (number !== undefined && fits(number, kind)) return number;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  throw new StateError(
    ErrorName.runtime,
    `The ${field} field refers to value "${text}" which is not a valid ${kind}: ${path}`,
  );
}

/** Step Functions takes a number written as text for the number. */
function numberIn(value: Json): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function fits(value: number, kind: 'integer' | 'float'): boolean {
  return kind === 'float' || Number.isInteger(value);
}
