import type { Json } from '../model/json.ts';
import type { Page } from './execution-index.ts';

/**
 * Small records in named collections, ordered by key within a collection: workflows and their revisions,
 * activities, offers to workers. Reads are strongly consistent.
 */
export interface KeyValueStore {
  get(collection: string, key: string): Promise<KeyValueRecord | undefined>;
  /**
   * Writes the record if its version is still `expected` (0: it does not exist), and makes that `expected + 1`.
   * `'any'`: writes whatever is there. Answers with the new version, or `'conflict'`.
   */
  put(collection: string, key: string, value: Json, expected: number | 'any'): Promise<number | 'conflict'>;
  /** Deletes the record if its version is still `expected`; `'any'`: whatever is there. Deleting what is not there with `'any'` is no conflict. */
  delete(collection: string, key: string, expected: number | 'any'): Promise<'deleted' | 'conflict'>;
  /** In ascending order of key (by code point), at most `limit` (1 … 1,000). */
  list(collection: string, query: KeyQuery): Promise<Page<KeyValueRecord>>;
}

export interface KeyQuery {
  readonly limit: number;
  /** Only keys that begin with this. */
  readonly prefix?: string;
  /** `Page.next` of the page before. */
  readonly after?: string;
}

export interface KeyValueRecord {
  readonly key: string;
  readonly value: Json;
  /** From 1, grows by 1 with each write. */
  readonly version: number;
}
