import { ErrorName, StateError } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { Evaluate, ItemSet, ToleratedFailures } from '../../model/plan.ts';
import type { MapDefinition } from '../definition.ts';
import { compileTemplate, compileTyped, scopeMaker } from './jsonata.ts';
import { chain, compileFilterPath, compilePathTransform, compilePayload } from './jsonpath.ts';
import { compileNumber } from './number.ts';
import type { StateCompilation } from './options.ts';
import { traced } from './trace.ts';

/** The items an inline Map goes through. */
export function compileItems(map: MapDefinition, state: StateCompilation): Evaluate<readonly Json[]> {
  const accept = (value: Json) => (isJsonArray(value) ? value : undefined);
  return compileItemSet(map, state, { accept, expected: 'array' });
}

/** What a distributed Map goes through, if it has no `ItemReader`. */
export function compileDistributedItems(map: MapDefinition, state: StateCompilation): Evaluate<ItemSet> {
  const accept = (value: Json) => (isJsonArray(value) || isJsonObject(value) ? value : undefined);
  return compileItemSet<ItemSet>(map, state, { accept, expected: 'array or object' });
}

interface Accepted<T> {
  readonly accept: (value: Json) => T | undefined;
  readonly expected: string;
}

function compileItemSet<T>(map: MapDefinition, state: StateCompilation, wanted: Accepted<T>): Evaluate<T> {
  if (state.language === 'JSONata') {
    const items = map.Items ?? '{% $states.input %}';
    const evaluate = compileTyped(items, 'Items', wanted.expected, wanted.accept, state);
    const scope = scopeMaker([items]);
    return (env) => evaluate(scope(env));
  }
  const filter = traced('afterInputPath', compileFilterPath(map.InputPath, 'InputPath', state), state);
  const path = map.ItemsPath ?? '$';
  const read = chain(filter, traced('afterItemsPath', compilePathTransform(path, 'ItemsPath', state), state));
  return (env) => {
    const items = wanted.accept(read === undefined ? env.input : read(env, env.input));
    if (items !== undefined) return items;
    throw new StateError(ErrorName.runtime, `Reference path "${path}" must point to ${wanted.expected}.`);
  };
}

/** The input of one item: `ItemSelector` (formerly `Parameters`), otherwise the item; of an object, the entry. */
export function compileItemInput(map: MapDefinition, state: StateCompilation): Evaluate<Json> {
  const selector = map.ItemSelector ?? (state.language === 'JSONPath' ? map.Parameters : undefined);
  if (selector === undefined) return itself;
  if (state.language === 'JSONata') {
    const template = compileTemplate(selector, 'ItemSelector', state);
    const scope = scopeMaker([selector]);
    return (env) => template.evaluate(scope(env));
  }
  const filter = compileFilterPath(map.InputPath, 'InputPath', state);
  const select = chain(filter, compilePayload(selector, state)) ?? ((_env, input) => input);
  return (env) => select(env, env.input);
}

const itself: Evaluate<Json> = ({ item }) => {
  if (item?.key === undefined) return item?.value ?? null;
  return { Key: item.key, Value: item.value };
};

/** 0: no limit. */
export function compileMaxConcurrency(map: MapDefinition, state: StateCompilation): Evaluate<number> {
  const concurrency = compileNumber(
    {
      name: 'MaxConcurrency',
      kind: 'integer',
      value: map.MaxConcurrency,
      path: map.MaxConcurrencyPath,
      inputPath: map.InputPath,
    },
    state,
    (value) => (value < 0 ? 'MaxConcurrency cannot be negative.' : undefined),
  );
  return concurrency ?? (() => 0);
}

export function compileToleratedFailures(map: MapDefinition, state: StateCompilation): Evaluate<ToleratedFailures> {
  const count = compileNumber(
    {
      name: 'ToleratedFailureCount',
      kind: 'integer',
      value: map.ToleratedFailureCount,
      path: map.ToleratedFailureCountPath,
      inputPath: map.InputPath,
    },
    state,
    (value) => (value < 0 ? 'ToleratedFailureCount cannot be negative.' : undefined),
  );
  const percentage = compileNumber(
    {
      name: 'ToleratedFailurePercentage',
      kind: 'float',
      value: map.ToleratedFailurePercentage,
      path: map.ToleratedFailurePercentagePath,
      inputPath: map.InputPath,
    },
    state,
    (value) => (value < 0 || value > 100 ? 'ToleratedFailurePercentage must be between 0 and 100.' : undefined),
  );
  if (count === undefined && percentage === undefined) return () => NONE;
  return (env) => ({ count: count?.(env) ?? 0, percentage: percentage?.(env) ?? 0 });
}

const NONE: ToleratedFailures = { count: 0, percentage: 0 };
