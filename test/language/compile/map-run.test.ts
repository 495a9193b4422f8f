import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import type { MapPlan, MapRunPlan } from '../../../lib/model/plan.ts';
import { environment, stateOf } from './fixture.ts';

const getObject = 'arn:aws:states:::s3:getObject';
const putObject = 'arn:aws:states:::s3:putObject';

function mapOf(fields: JsonObject, language: 'JSONPath' | 'JSONata' = 'JSONPath'): MapPlan {
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
    StartAt: 'I',
    States: { I: { Type: 'Pass', End: true } },
  };
  return stateOf('Map', { ItemProcessor: processor, ...fields }, language);
}

function runOf(fields: JsonObject, language: 'JSONPath' | 'JSONata' = 'JSONPath'): MapRunPlan {
  const { distributed } = mapOf(fields, language);
  if (distributed === undefined) throw new Error('not distributed');
  return distributed;
}

function given(input: Json, variables: JsonObject = {}) {
  return environment({ input, variables });
}

describe('the items of a distributed Map', () => {
  it('are those of an array or of an object', () => {
    const { items } = runOf({ ItemsPath: '$.set' });
    expect(items(given({ set: [1] }))).toEqual([1]);
    expect(items(given({ set: { a: 1 } }))).toEqual({ a: 1 });
    expect(() => items(given({ set: 'x' }))).toThrow('Reference path "$.set" must point to array or object.');
    const jsonata = runOf({ Items: '{% $states.input.set %}' }, 'JSONata');
    expect(jsonata.items(given({ set: { a: 1 } }))).toEqual({ a: 1 });
    expect(() => jsonata.items(given({ set: 1 }))).toThrow(/Expected 'array or object', but was 'number'/);
  });

  it('of an object are its entries, unless a selector says otherwise', () => {
    const item = { index: 0, key: 'a', value: 1 };
    expect(mapOf({}).itemInput(environment({ item }))).toEqual({ Key: 'a', Value: 1 });
    const context = { Map: { Item: { Index: 0, Key: 'a', Value: 1 } } };
    const selected = mapOf({ ItemSelector: { 'name.$': '$$.Map.Item.Key' } });
    expect(selected.itemInput(environment({ item, context }))).toEqual({ name: 'a' });
  });
});

describe('ItemReader', () => {
  it('names its object by paths behind InputPath', () => {
    const { source } = runOf({
      InputPath: '$.in',
      ItemReader: {
        Resource: getObject,
        Parameters: { Bucket: 'b', 'Key.$': '$.key' },
        ReaderConfig: { InputType: 'JSON', ItemsPointer: '/rows', MaxItemsPath: '$most' },
      },
    });
    expect(source?.(given({ in: { key: 'k.json' } }, { most: '2' }))).toEqual({
      resource: getObject,
      arguments: { Bucket: 'b', Key: 'k.json' },
      inputType: 'JSON',
      itemsPointer: '/rows',
      maxItems: 2,
    });
  });

  it('leaves a negative limit to the reader, and refuses one that is no number', () => {
    const { source } = runOf({
      ItemReader: { Resource: getObject, ReaderConfig: { InputType: 'CSV', MaxItemsPath: '$.n' } },
    });
    expect(source?.(given({ n: -1 }))).toMatchObject({ maxItems: -1 });
    expect(() => source?.(given({ n: 'many' }))).toThrow(
      'The MaxItemsPath field refers to value "many" which is not a valid integer: $.n',
    );
  });

  it('knows the dialects of CSV', () => {
    const dialect = (config: JsonObject) =>
      runOf({ ItemReader: { Resource: getObject, ReaderConfig: { InputType: 'CSV', ...config } } }).source?.(given({}))
        .csv;
    expect(dialect({})).toBeUndefined();
    expect(dialect({ CSVHeaderLocation: 'FIRST_ROW', CSVHeaders: ['unused'] })).toEqual({ delimiter: ',' });
    expect(dialect({ CSVDelimiter: 'TAB', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a', 'b'] })).toEqual({
      delimiter: '\t',
      headers: ['a', 'b'],
    });
  });

  it('takes expressions', () => {
    const { source } = runOf(
      {
        ItemReader: {
          Resource: getObject,
          Arguments: { Bucket: '{% $bucket %}', Key: '{% $states.input.key %}' },
          ReaderConfig: {
            InputType: 'CSV',
            CSVHeaderLocation: 'GIVEN',
            CSVHeaders: ['{% $states.input.name %}', 'b'],
            MaxItems: '{% 1 + 1 %}',
          },
        },
      },
      'JSONata',
    );
    expect(source?.(given({ key: 'k', name: 'a' }, { bucket: 'b' }))).toEqual({
      resource: getObject,
      arguments: { Bucket: 'b', Key: 'k' },
      inputType: 'CSV',
      csv: { delimiter: ',', headers: ['a', 'b'] },
      maxItems: 2,
    });
    expect(() => source?.(given({ key: 'k', name: 1 }, { bucket: 'b' }))).toThrow(
      expect.objectContaining({ location: 'ItemReader/ReaderConfig/CSVHeaders' }),
    );
  });
});

describe('ItemBatcher', () => {
  it('reads its limits from paths, and makes the input of batches', () => {
    const { batches } = runOf({
      ItemBatcher: {
        MaxItemsPerBatchPath: '$.n',
        MaxInputBytesPerBatch: 1000,
        BatchInput: { 'of.$': '$.name', plain: true },
      },
    });
    expect(batches?.(given({ n: '3', name: 'x' }))).toEqual({
      maxItems: 3,
      maxBytes: 1000,
      batchInput: { of: 'x', plain: true },
    });
    expect(batches?.(given({ n: 0, name: 'x' }))).not.toHaveProperty('maxItems');
    expect(() => batches?.(given({ n: -1, name: 'x' }))).toThrow('MaxItemsPerBatch cannot be negative.');
  });

  it('takes expressions', () => {
    const fields = { ItemBatcher: { MaxItemsPerBatch: '{% $states.input.n %}', BatchInput: { now: '{% 1 %}' } } };
    const { batches } = runOf(fields, 'JSONata');
    expect(batches?.(given({ n: 2 }))).toEqual({ maxItems: 2, batchInput: { now: 1 } });
    expect(() => batches?.(given({ n: 'x' }))).toThrow(
      expect.objectContaining({ location: 'ItemBatcher/MaxItemsPerBatch' }),
    );
  });
});

describe('ResultWriter', () => {
  const where = { Resource: putObject, Parameters: { Bucket: 'b', 'Prefix.$': '$.to' } };

  it('writes whole results unless it is told otherwise', () => {
    const { target } = runOf({ ResultWriter: where });
    expect(target?.(given({ to: 'out' }))).toEqual({
      resource: putObject,
      arguments: { Bucket: 'b', Prefix: 'out' },
      transformation: 'NONE',
      outputType: 'JSON',
    });
    const formed = runOf({
      ResultWriter: { ...where, WriterConfig: { Transformation: 'FLATTEN', OutputType: 'JSONL' } },
    });
    expect(formed.target?.(given({ to: 'out' }))).toMatchObject({ transformation: 'FLATTEN', outputType: 'JSONL' });
  });

  it('without a place only gives the output its form', () => {
    const { target } = runOf({ ResultWriter: { WriterConfig: { OutputType: 'JSON' } } });
    expect(target?.(given({}))).toEqual({ arguments: {}, transformation: 'COMPACT', outputType: 'JSON' });
  });

  it('fails when it is empty', () => {
    expect(() => runOf({ ResultWriter: {} }).target?.(given({}))).toThrow(/give it a 'WriterConfig'/);
  });

  it('must be given an object', () => {
    const { target } = runOf({ ResultWriter: { Resource: putObject, Arguments: '{% 1 %}' } }, 'JSONata');
    expect(() => target?.(given({}))).toThrow("The field 'ResultWriter/Arguments' must be an object, but is 1.");
  });
});
