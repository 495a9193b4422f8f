import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../../lib/language/index.ts';
import type { JsonObject } from '../../../lib/model/json.ts';

const getObject = 'arn:aws:states:::s3:getObject';
const listObjects = 'arn:aws:states:::s3:listObjectsV2';
const putObject = 'arn:aws:states:::s3:putObject';

function problems(fields: JsonObject, language: 'JSONPath' | 'JSONata' = 'JSONPath'): string[] {
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: { I: { Type: 'Pass', End: true } },
  };
  const map = { Type: 'Map', ItemProcessor: processor, End: true, ...fields };
  const definition = { QueryLanguage: language, StartAt: 'M', States: { M: map } };
  return checkDefinition(definition, { type: 'STANDARD' }).findings.map(
    ({ message, location }) => `${message} @ ${location?.replace('/States/M/', '') ?? ''}`,
  );
}

describe('ItemReader', () => {
  const read = (config: JsonObject, resource = getObject) =>
    problems({ ItemReader: { Resource: resource, ReaderConfig: config } });
  const at = 'ItemReader/ReaderConfig';

  it.each<JsonObject>([
    { InputType: 'JSON', ItemsPointer: '/a', MaxItems: 0 },
    { InputType: 'JSONL', MaxItemsPath: '$.n' },
    { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], CSVDelimiter: 'PIPE' },
    { InputType: 'PARQUET', MaxItems: 100_000_000 },
    { InputType: 'MANIFEST' },
    { ManifestType: 'S3_INVENTORY' },
    { InputType: 'CSV', ManifestType: 'ATHENA_DATA', CSVHeaderLocation: 'FIRST_ROW' },
  ])('may say %j', (config) => expect(read(config)).toEqual([]));

  it('may list objects, with or without what is in them', () => {
    expect(problems({ ItemReader: { Resource: listObjects, Parameters: { Bucket: 'b' } } })).toEqual([]);
    expect(read({ InputType: 'JSONL', Transformation: 'LOAD_AND_FLATTEN' }, listObjects)).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{}, `These fields are required: [InputType] @ ${at}`],
    [
      { InputType: 'XML' },
      `Value should be one of the following: [CSV, JSON, JSONL, PARQUET, MANIFEST] @ ${at}/InputType`,
    ],
    [{ InputType: 'CSV', Delimiter: ',' }, `Field 'Delimiter' is not supported @ ${at}`],
    [{ InputType: 'CSV', CSVHeaderLocation: 'GIVEN' }, `These fields are required: [CSVHeaders] @ ${at}`],
    [{ InputType: 'CSV', CSVHeaders: [1] }, `Expected value of type [STRING] @ ${at}/CSVHeaders[0]`],
    [{ InputType: 'JSON', MaxItems: -1 }, `Minimum value is 0 @ ${at}/MaxItems`],
    [{ InputType: 'JSON', MaxItems: 100_000_001 }, `Maximum value is 100000000 @ ${at}/MaxItems`],
    [
      { InputType: 'JSON', ManifestType: 'S3_INVENTORY' },
      `The parts of an S3 inventory are CSV files; leave out 'InputType' @ ${at}`,
    ],
  ])('may not say %j', (config, problem) => expect(read(config)).toEqual([problem]));

  it('has one limit, an action that reads, and the fields of its language', () => {
    expect(read({ InputType: 'JSON', MaxItems: 1, MaxItemsPath: '$.n' })).toHaveLength(1);
    expect(problems({ ItemReader: { Resource: putObject, ReaderConfig: { InputType: 'JSON' } } })).toEqual([
      `Value should be one of the following: [${getObject}, ${listObjects}] @ ItemReader/Resource`,
    ]);
    expect(
      read({ InputType: 'CSV', Transformation: 'LOAD_AND_FLATTEN' }, 'arn:aws-cn:states:::s3:listObjectsV2'),
    ).toEqual([]);
    const jsonata = { Resource: getObject, Parameters: {}, ReaderConfig: { InputType: 'JSON', MaxItemsPath: '$.n' } };
    expect(problems({ ItemReader: jsonata }, 'JSONata')).toEqual([
      "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage @ ItemReader",
      `The QueryLanguage is set to 'JSONata', but field 'MaxItemsPath' is only supported for the 'JSONPath' QueryLanguage @ ${at}`,
    ]);
  });

  it('has expressions that parse', () => {
    const reader = { Resource: getObject, Arguments: { Key: '{% ( %}' }, ReaderConfig: { InputType: 'JSON' } };
    expect(problems({ ItemReader: reader }, 'JSONata')[0]).toMatch(/@ ItemReader\/Arguments\/Key$/);
  });
});

describe('ItemBatcher', () => {
  it('has limits within bounds', () => {
    expect(problems({ ItemBatcher: { MaxItemsPerBatch: 3, MaxInputBytesPerBatch: 262_144 } })).toEqual([]);
    expect(problems({ ItemBatcher: { MaxItemsPerBatch: '{% 2 %}' } }, 'JSONata')).toEqual([]);
    expect(problems({ ItemBatcher: { MaxItemsPerBatch: -1, MaxInputBytesPerBatch: 262_145 } })).toEqual([
      'Minimum value is 0 @ ItemBatcher/MaxItemsPerBatch',
      'Maximum value is 262144 @ ItemBatcher/MaxInputBytesPerBatch',
    ]);
    expect(problems({ ItemBatcher: { MaxItemsPerBatch: 1, MaxItemsPerBatchPath: '$.n' } })).toHaveLength(1);
    expect(problems({ ItemBatcher: [] })).toEqual(['Expected value of type [OBJECT] @ ItemBatcher']);
  });
});

describe('ResultWriter', () => {
  it('names a place, a form, or both', () => {
    const place = { Resource: putObject, Parameters: { Bucket: 'b', Prefix: 'p' } };
    const form = { WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' } };
    expect(problems({ ResultWriter: place })).toEqual([]);
    expect(problems({ ResultWriter: form })).toEqual([]);
    expect(problems({ ResultWriter: { ...place, ...form } })).toEqual([]);
    expect(problems({ ResultWriter: {} })).toEqual([]);
  });

  it('has a place with its action, and known forms', () => {
    expect(problems({ ResultWriter: { Resource: putObject } })).toEqual([
      'These fields are required: [Parameters] @ ResultWriter',
    ]);
    expect(problems({ ResultWriter: { WriterConfig: { Transformation: 'ZIP' } } })).toEqual([
      'Value should be one of the following: [NONE, COMPACT, FLATTEN] @ ResultWriter/WriterConfig/Transformation',
    ]);
  });
});
