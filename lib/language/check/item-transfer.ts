import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import {
  checkFields,
  exclusive,
  type Fields,
  integer,
  jsonata,
  object,
  objectPayload,
  oneOf,
  orExpression,
  payload,
  type Rule,
  referencePath,
  requireFields,
  ruled,
  text,
} from './rules.ts';
import { form } from './schema-terms.ts';
import type { Site } from './site.ts';

const MAX_ITEMS = 100_000_000;
const MAX_BATCH_BYTES = 262_144;

/** Actions that a reader or a writer may name, in any partition. */
function action(...names: readonly string[]): Rule {
  const pattern = new RegExp(`^arn:aws[a-z-]*:states:::s3:(?:${names.join('|')})$`);
  return ruled(form({ type: 'string', pattern: pattern.source }), (value, site) => {
    if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
    else if (!pattern.test(value)) {
      const expected = names.map((name) => `arn:aws:states:::s3:${name}`).join(', ');
      site.invalid(`Value should be one of the following: [${expected}]`);
    }
  });
}

const texts = ruled(form({ type: 'array', items: { type: 'string' } }), (value, site) => {
  if (!Array.isArray(value)) return site.invalid('Expected value of type [ARRAY]');
  for (const [index, item] of value.entries()) orExpression(text)(item, site.at(index));
});

export const readerConfig: Fields = {
  InputType: { rule: oneOf('CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST') },
  Transformation: { rule: oneOf('NONE', 'LOAD_AND_FLATTEN') },
  ManifestType: { rule: oneOf('ATHENA_DATA', 'S3_INVENTORY') },
  CSVDelimiter: { rule: oneOf('COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB') },
  CSVHeaderLocation: { rule: oneOf('FIRST_ROW', 'GIVEN') },
  CSVHeaders: { rule: orExpression(texts) },
  ItemsPointer: { rule: orExpression(text) },
  MaxItems: { rule: orExpression(integer(0, MAX_ITEMS)) },
  MaxItemsPath: { rule: referencePath, only: 'JSONPath' },
};

export const writerConfig: Fields = {
  Transformation: { rule: oneOf('NONE', 'COMPACT', 'FLATTEN') },
  OutputType: { rule: oneOf('JSON', 'JSONL') },
};

export const itemReader: Fields = {
  Resource: { rule: action('getObject', 'listObjectsV2') },
  Parameters: { rule: objectPayload, only: 'JSONPath' },
  Arguments: { rule: jsonata, only: 'JSONata' },
  ReaderConfig: { rule: object },
};

export const resultWriter: Fields = {
  Resource: { rule: action('putObject') },
  Parameters: { rule: objectPayload, only: 'JSONPath' },
  Arguments: { rule: jsonata, only: 'JSONata' },
  WriterConfig: { rule: object },
};

export const itemBatcher: Fields = {
  BatchInput: { rule: payload },
  MaxItemsPerBatch: { rule: orExpression(integer(0)) },
  MaxItemsPerBatchPath: { rule: referencePath, only: 'JSONPath' },
  MaxInputBytesPerBatch: { rule: orExpression(integer(0, MAX_BATCH_BYTES)) },
  MaxInputBytesPerBatchPath: { rule: referencePath, only: 'JSONPath' },
};

export function checkItemReader(reader: Json, site: Site): void {
  object(reader, site);
  if (!isJsonObject(reader)) return;
  checkFields(reader, itemReader, site);
  requireFields(reader, ['Resource'], site);
  const { Resource, ReaderConfig } = reader;
  if (ReaderConfig !== undefined && !isJsonObject(ReaderConfig)) return;
  const config = ReaderConfig ?? {};
  const at = site.at('ReaderConfig');
  checkFields(config, readerConfig, at);
  exclusive(config, ['MaxItems', 'MaxItemsPath'], at);
  checkCombination(config, typeof Resource === 'string' && Resource.endsWith(':listObjectsV2'), at);
}

function checkCombination(config: JsonObject, lists: boolean, site: Site): void {
  const { InputType, ManifestType, Transformation, CSVHeaderLocation } = config;
  if (CSVHeaderLocation === 'GIVEN') requireFields(config, ['CSVHeaders'], site);
  if (lists) {
    if (Transformation === 'LOAD_AND_FLATTEN') requireFields(config, ['InputType'], site);
  } else if (ManifestType === 'S3_INVENTORY') {
    if (InputType !== undefined && InputType !== 'MANIFEST') {
      site.invalid("The parts of an S3 inventory are CSV files; leave out 'InputType'");
    }
  } else requireFields(config, ['InputType'], site);
}

export function checkItemBatcher(batcher: Json, site: Site): void {
  object(batcher, site);
  if (!isJsonObject(batcher)) return;
  checkFields(batcher, itemBatcher, site);
  exclusive(batcher, ['MaxItemsPerBatch', 'MaxItemsPerBatchPath'], site);
  exclusive(batcher, ['MaxInputBytesPerBatch', 'MaxInputBytesPerBatchPath'], site);
}

/** An empty writer is accepted and fails when it is reached, as on Step Functions. */
export function checkResultWriter(writer: Json, site: Site): void {
  object(writer, site);
  if (!isJsonObject(writer)) return;
  checkFields(writer, resultWriter, site);
  if ('Resource' in writer) requireFields(writer, [site.language === 'JSONata' ? 'Arguments' : 'Parameters'], site);
  const { WriterConfig } = writer;
  if (isJsonObject(WriterConfig)) checkFields(WriterConfig, writerConfig, site.at('WriterConfig'));
}
