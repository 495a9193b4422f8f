import type { Json } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { pageToken, positionOf } from '../page-token.ts';
import { byCodePoint } from './code-point-order.ts';

interface Entry {
  /** JSON, so that values are not shared with whoever wrote them. */
  readonly text: string;
  readonly version: number;
}

export class MemoryKeyValueStore implements KeyValueStore {
  readonly #collections = new Map<string, Map<string, Entry>>();

  async get(collection: string, key: string): Promise<KeyValueRecord | undefined> {
    const entry = this.#entries(collection).get(key);
    return entry === undefined ? undefined : keyValueRecord(key, entry);
  }

  async put(collection: string, key: string, value: Json, expected: number | 'any'): Promise<number | 'conflict'> {
    const entries = this.#entries(collection);
    const current = entries.get(key)?.version ?? 0;
    if (expected !== 'any' && expected !== current) return 'conflict';
    entries.set(key, { text: JSON.stringify(value), version: current + 1 });
    this.#collections.set(collection, entries);
    return current + 1;
  }

  async delete(collection: string, key: string, expected: number | 'any'): Promise<'deleted' | 'conflict'> {
    const entries = this.#entries(collection);
    if (expected !== 'any' && expected !== entries.get(key)?.version) return 'conflict';
    entries.delete(key);
    return 'deleted';
  }

  async list(collection: string, query: KeyQuery): Promise<Page<KeyValueRecord>> {
    const { limit, prefix = '' } = query;
    const bound = ['records', collection, prefix];
    const [position] = query.after === undefined ? [] : positionOf(query.after, bound);
    const last = typeof position === 'string' ? position : undefined;
    const found = [...this.#entries(collection)]
      .filter(([key]) => key.startsWith(prefix) && (last === undefined || byCodePoint(key, last) > 0))
      .sort(([a], [b]) => byCodePoint(a, b));
    const items = found.slice(0, limit).map(([key, entry]) => keyValueRecord(key, entry));
    const lastKey = items.at(-1)?.key;
    if (found.length <= limit || lastKey === undefined) return { items };
    return { items, next: pageToken(bound, [lastKey]) };
  }

  #entries(collection: string): Map<string, Entry> {
    return this.#collections.get(collection) ?? new Map();
  }
}

function keyValueRecord(key: string, entry: Entry): KeyValueRecord {
  // Written by `put` above.
  return { key, value: JSON.parse(entry.text) as Json, version: entry.version };
}
