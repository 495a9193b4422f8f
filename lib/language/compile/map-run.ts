import { ErrorName, StateError } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { BatchRule, CsvDialect, Evaluate, ItemSource, MapRunPlan, ResultTarget } from '../../model/plan.ts';
import type { CsvDelimiter, MapDefinition, NumberField, ReaderConfigDefinition } from '../definition.ts';
import { compileTemplate, compileTyped, scopeMaker } from './jsonata.ts';
import { chain, compileFilterPath, compilePayload } from './jsonpath.ts';
import { compileDistributedItems } from './map.ts';
import { compileNumber } from './number.ts';
import type { StateCompilation } from './options.ts';

/** What only a distributed Map has. */
export function compileMapRun(map: MapDefinition, state: StateCompilation): MapRunPlan {
  const { ExecutionType: executionType = 'STANDARD' } = (map.ItemProcessor ?? map.Iterator)?.ProcessorConfig ?? {};
  const source = compileSource(map, state);
  const batches = compileBatches(map, state);
  const target = compileTarget(map, state);
  return {
    executionType,
    items: compileDistributedItems(map, state),
    ...(map.Label === undefined ? {} : { label: map.Label }),
    ...(source === undefined ? {} : { source }),
    ...(batches === undefined ? {} : { batches }),
    ...(target === undefined ? {} : { target }),
  };
}

/** `ItemReader`. `ItemsPath` and `Items` beside it are not looked at, as on Step Functions. */
function compileSource(map: MapDefinition, state: StateCompilation): Evaluate<ItemSource> | undefined {
  const { ItemReader: reader } = map;
  if (reader === undefined) return undefined;
  const { ReaderConfig: config = {} } = reader;
  const args = compileActionArguments('ItemReader', reader, map, state);
  const maxItems = compileLimit(
    { place: 'ItemReader/ReaderConfig', name: 'MaxItems', value: config.MaxItems, path: config.MaxItemsPath },
    map,
    state,
  );
  const csv = compileCsv(config, state);
  const pointer = compileText(config.ItemsPointer, 'ItemReader/ReaderConfig/ItemsPointer', state);
  const { InputType: inputType, ManifestType: manifestType, Transformation: transformation } = config;
  return (env) => {
    const dialect = csv?.(env);
    const itemsPointer = pointer?.(env);
    const most = maxItems?.(env);
    return {
      resource: reader.Resource,
      arguments: args(env),
      ...(inputType === undefined ? {} : { inputType }),
      ...(dialect === undefined ? {} : { csv: dialect }),
      ...(manifestType === undefined ? {} : { manifestType }),
      ...(itemsPointer === undefined ? {} : { itemsPointer }),
      ...(transformation === undefined ? {} : { transformation }),
      ...(most === undefined ? {} : { maxItems: most }),
    };
  };
}

const delimiters: Readonly<Record<CsvDelimiter, string>> = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
};

function compileCsv(config: ReaderConfigDefinition, state: StateCompilation): Evaluate<CsvDialect> | undefined {
  const { CSVDelimiter, CSVHeaderLocation, CSVHeaders } = config;
  if (CSVDelimiter === undefined && CSVHeaderLocation === undefined && CSVHeaders === undefined) return undefined;
  const delimiter = delimiters[CSVDelimiter ?? 'COMMA'];
  if (CSVHeaders === undefined || CSVHeaderLocation === 'FIRST_ROW') return () => ({ delimiter });
  if (state.language === 'JSONPath') {
    const headers = textsIn(CSVHeaders) ?? [];
    return () => ({ delimiter, headers });
  }
  const location = 'ItemReader/ReaderConfig/CSVHeaders';
  const evaluate = compileTyped(CSVHeaders, location, 'array of strings', textsIn, state);
  const scope = scopeMaker([CSVHeaders]);
  return (env) => ({ delimiter, headers: evaluate(scope(env)) });
}

function textsIn(value: Json): readonly string[] | undefined {
  if (!isJsonArray(value)) return undefined;
  const texts = value.filter((item) => typeof item === 'string');
  return texts.length === value.length ? texts : undefined;
}

function compileText(
  value: string | undefined,
  location: string,
  state: StateCompilation,
): Evaluate<string> | undefined {
  if (value === undefined) return undefined;
  if (state.language === 'JSONPath') return () => value;
  const accept = (given: Json) => (typeof given === 'string' ? given : undefined);
  const evaluate = compileTyped(value, location, 'string', accept, state);
  const scope = scopeMaker([value]);
  return (env) => evaluate(scope(env));
}

function compileBatches(map: MapDefinition, state: StateCompilation): Evaluate<BatchRule> | undefined {
  const { ItemBatcher: batcher } = map;
  if (batcher === undefined) return undefined;
  const { MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath } = batcher;
  const place = 'ItemBatcher';
  const items = compileLimit(
    { place, name: 'MaxItemsPerBatch', value: MaxItemsPerBatch, path: MaxItemsPerBatchPath },
    map,
    state,
    notNegative,
  );
  const bytes = compileLimit(
    { place, name: 'MaxInputBytesPerBatch', value: MaxInputBytesPerBatch, path: MaxInputBytesPerBatchPath },
    map,
    state,
    notNegative,
  );
  const { BatchInput } = batcher;
  const input = BatchInput === undefined ? undefined : compilePart(`${place}/BatchInput`, BatchInput, map, state);
  return (env) => {
    const maxItems = items?.(env) ?? 0;
    const maxBytes = bytes?.(env) ?? 0;
    const batchInput = input?.(env);
    return {
      ...(maxItems === 0 ? {} : { maxItems }),
      ...(maxBytes === 0 ? {} : { maxBytes }),
      ...(batchInput === undefined ? {} : { batchInput }),
    };
  };
}

function notNegative(name: string, value: number): string | undefined {
  return value < 0 ? `${name} cannot be negative.` : undefined;
}

interface Limit {
  readonly place: string;
  readonly name: string;
  readonly value: NumberField | undefined;
  readonly path: string | undefined;
}

/** A number, an expression or a path. */
function compileLimit(
  { place, name, value, path }: Limit,
  map: MapDefinition,
  state: StateCompilation,
  bounds?: (name: string, value: number) => string | undefined,
): Evaluate<number> | undefined {
  // In JSONata the name is the location of the expression.
  const location = state.language === 'JSONata' ? `${place}/${name}` : name;
  const fields = { name: location, kind: 'integer', value, path, inputPath: map.InputPath } as const;
  return compileNumber(fields, state, bounds === undefined ? undefined : (given) => bounds(name, given));
}

/** `ResultWriter`. */
function compileTarget(map: MapDefinition, state: StateCompilation): Evaluate<ResultTarget> | undefined {
  const { ResultWriter: writer } = map;
  if (writer === undefined) return undefined;
  const { Resource: resource, WriterConfig: config } = writer;
  if (resource === undefined && config === undefined) return emptyWriter;
  const outputType = config?.OutputType ?? 'JSON';
  if (resource === undefined) {
    const target: ResultTarget = { arguments: {}, transformation: config?.Transformation ?? 'COMPACT', outputType };
    return () => target;
  }
  const args = compileActionArguments('ResultWriter', writer, map, state);
  const transformation = config?.Transformation ?? 'NONE';
  return (env) => ({ resource, arguments: args(env), transformation, outputType });
}

const emptyWriter = (): never => {
  throw new StateError(
    ErrorName.runtime,
    "The field 'ResultWriter' is empty: give it a 'WriterConfig', or a 'Resource' and where it writes to.",
  );
};

interface Action {
  readonly Parameters?: JsonObject;
  readonly Arguments?: Json;
}

function compileActionArguments(
  field: string,
  action: Action,
  map: MapDefinition,
  state: StateCompilation,
): Evaluate<JsonObject> {
  const name = state.language === 'JSONata' ? 'Arguments' : 'Parameters';
  const given = action[name];
  if (given === undefined) return () => ({});
  const make = compilePart(`${field}/${name}`, given, map, state);
  return (env) => {
    const made = make(env);
    if (isJsonObject(made)) return made;
    throw new StateError(
      ErrorName.runtime,
      `The field '${field}/${name}' must be an object, but is ${JSON.stringify(made)}.`,
      `${field}/${name}`,
    );
  };
}

function compilePart(location: string, value: Json, map: MapDefinition, state: StateCompilation): Evaluate<Json> {
  if (state.language === 'JSONata') {
    const template = compileTemplate(value, location, state);
    const scope = scopeMaker([value]);
    return (env) => template.evaluate(scope(env));
  }
  const make = chain(compileFilterPath(map.InputPath, 'InputPath', state), compilePayload(value, state));
  return (env) => (make === undefined ? env.input : make(env, env.input));
}
