import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Json } from '../../model/json.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import { InvalidPageToken, type Page } from '../../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { type Condition, DOES_NOT_EXIST, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';
import { recordPartition } from './keys.ts';
import { pagePosition, pageToken } from './page-token.ts';
import { DEFAULT_INLINE_BYTES, readText, storeTexts, uniqueBlobKey } from './stored-text.ts';

export interface DynamoKeyValueStoreOptions {
  /** The state table, see tables.ts. */
  readonly table: DynamoTable;
  readonly blobs: BlobStore;
}

const PARALLEL_BLOBS = 16;

/** Attribute names of a record's item. */
const VALUE = 'v';
const VERSION = 'ver';

/**
 * Records in the state table, one partition per collection: up to 1,000 writes per second in each. What is too large
 * for an item goes to the blob store, and stays there when the record is replaced or deleted.
 */
export class DynamoKeyValueStore implements KeyValueStore {
  readonly #table: DynamoTable;

  readonly #blobs: BlobStore;

  constructor({ table, blobs }: DynamoKeyValueStoreOptions) {
    this.#table = table;
    this.#blobs = blobs;
  }

  async get(collection: string, key: string): Promise<KeyValueRecord | undefined> {
    const item = await this.#table.get({ pk: recordPartition(collection), sk: key });
    return item && this.#record(item);
  }

  async put(collection: string, key: string, value: Json, expected: number | 'any'): Promise<number | 'conflict'> {
    const at = { pk: recordPartition(collection), sk: key };
    const attributes: Item = await storeTexts(
      { [VALUE]: JSON.stringify(value) },
      { blobs: this.#blobs, room: DEFAULT_INLINE_BYTES, blobKey: (part) => uniqueBlobKey(at.pk, part) },
    );
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
    const records = await inParallel(items.slice(0, limit), PARALLEL_BLOBS, (item) => this.#record(item));
    const last = records.at(-1);
    return items.length > limit && last ? { items: records, next: pageToken(identity, last.key) } : { items: records };
  }

  async #record(item: Item): Promise<KeyValueRecord> {
    const { [VALUE]: text, [VERSION]: version } = item;
    if (text === undefined) throw new Error('An item of the state table is not a record: restore the table.');
    const value = JSON.parse(await readText(text, this.#blobs));
    return { key: itemKey(item).sk, value, version: Number(version?.N) };
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
