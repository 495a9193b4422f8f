import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Json } from '../../model/json.ts';
import { InvalidPageToken, type Page } from '../../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { type Condition, DOES_NOT_EXIST, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { recordPartition } from './keys.ts';
import { packText, unpackText } from './packed-text.ts';
import { pagePosition, pageToken } from './page-token.ts';

/** Attribute names of a record's item. */
const VALUE = 'v';
const VERSION = 'ver';

/** Records in the state table, one partition per collection: up to 1,000 writes per second in each. */
export class DynamoKeyValueStore implements KeyValueStore {
  readonly #table: DynamoTable;

  /** `table`: the state table. */
  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async get(collection: string, key: string): Promise<KeyValueRecord | undefined> {
    const item = await this.#table.get({ pk: recordPartition(collection), sk: key });
    return item && record(item);
  }

  async put(collection: string, key: string, value: Json, expected: number | 'any'): Promise<number | 'conflict'> {
    const at = { pk: recordPartition(collection), sk: key };
    const attributes = { [VALUE]: packText(JSON.stringify(value)) };
    if (expected === 'any') return this.#table.putAndCount(at, attributes, VERSION);
    const version = expected + 1;
    const written = await this.#table.put(at, { ...attributes, [VERSION]: number(version) }, isVersion(expected));
    return written ? version : 'conflict';
  }

  async delete(collection: string, key: string, expected: number | 'any'): Promise<'deleted' | 'conflict'> {
    const condition = expected === 'any' ? undefined : isVersion(expected);
    const { done } = await this.#table.delete({ pk: recordPartition(collection), sk: key }, condition);
    return done ? 'deleted' : 'conflict';
  }

  async list(collection: string, query: KeyQuery): Promise<Page<KeyValueRecord>> {
    const { limit, prefix = '' } = query;
    const identity = ['records', collection, prefix];
    const after = query.after === undefined ? undefined : pagePosition(identity, query.after);
    if (after !== undefined && !after.startsWith(prefix)) {
      throw new InvalidPageToken('The page token was tampered with: use the token of the previous page, or none.');
    }
    const items = await this.#table.all({
      pk: recordPartition(collection),
      prefix,
      ...(after === undefined ? {} : { after }),
      limit: limit + 1,
    });
    const records = items.slice(0, limit).map(record);
    const last = records.at(-1);
    return items.length > limit && last ? { items: records, next: pageToken(identity, last.key) } : { items: records };
  }
}

function isVersion(expected: number): Condition {
  return expected === 0
    ? DOES_NOT_EXIST
    : { expression: `${VERSION} = :expected`, values: { ':expected': number(expected) } };
}

function number(value: number): AttributeValue {
  return { N: String(value) };
}

function record(item: Item): KeyValueRecord {
  const { [VALUE]: packed, [VERSION]: version } = item;
  const text = packed?.S !== undefined ? packed.S : packed?.B ? unpackText({ B: packed.B }) : undefined;
  if (text === undefined) throw new Error('An item of the state table is not a record: restore the table.');
  // Written by `put` from a JSON value.
  return { key: itemKey(item).sk, value: JSON.parse(text) as Json, version: Number(version?.N) };
}
