import type { Json } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { pageToken, positionOf } from '../page-token.ts';
import type { Channel } from './channel.ts';
import type { RecordRow } from './record-table.ts';

export class SqliteKeyValueStore implements KeyValueStore {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async get(collection: string, key: string): Promise<KeyValueRecord | undefined> {
    const row = await this.#channel.call('getRecord', collection, key);
    return row === null ? undefined : keyValueRecord(row);
  }

  async put(collection: string, key: string, value: Json, expected: number | 'any'): Promise<number | 'conflict'> {
    const text = JSON.stringify(value);
    return (await this.#channel.call('putRecord', collection, key, text, versionOf(expected))) ?? 'conflict';
  }

  async delete(collection: string, key: string, expected: number | 'any'): Promise<'deleted' | 'conflict'> {
    return (await this.#channel.call('deleteRecord', collection, key, versionOf(expected))) ? 'deleted' : 'conflict';
  }

  async list(collection: string, query: KeyQuery): Promise<Page<KeyValueRecord>> {
    const { limit, prefix = '' } = query;
    const bound = ['records', collection, prefix];
    const [position] = query.after === undefined ? [] : positionOf(query.after, bound);
    const last = typeof position === 'string' ? position : null;
    const end = endOfPrefix(prefix);
    const found = await this.#channel.call('listRecords', collection, last ?? prefix, last, end, limit + 1);
    const items = found.slice(0, limit).map(keyValueRecord);
    const lastKey = items.at(-1)?.key;
    if (found.length <= limit || lastKey === undefined) return { items };
    return { items, next: pageToken(bound, [lastKey]) };
  }
}

function keyValueRecord([key, value, version]: RecordRow): KeyValueRecord {
  // Written by `put` above.
  return { key, value: JSON.parse(value) as Json, version };
}

function versionOf(expected: number | 'any'): number | null {
  return expected === 'any' ? null : expected;
}

const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const BEHIND_SURROGATES = 0xe000;

/** The first string, by code point, behind all that begin with the prefix; null: there is none. */
function endOfPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  return String.fromCodePoint(...points, last + 1 === FIRST_SURROGATE ? BEHIND_SURROGATES : last + 1);
}
