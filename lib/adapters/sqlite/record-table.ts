import type { DatabaseSync } from 'node:sqlite';
import { Query } from './query.ts';

/** The value is JSON text. */
export type RecordRow = readonly [key: string, value: string, version: number];

/** In the order of types a BLOB comes behind every TEXT, so that this is no bound at all. */
const NO_BOUND = new Uint8Array();

/** Small records in collections. Versions: null stands for any. */
export class RecordTable {
  readonly #get: Query<[string, string], RecordRow>;
  readonly #insert: Query<[string, string, string], []>;
  readonly #update: Query<[string, string, string, number], []>;
  readonly #upsert: Query<[string, string, string], [number]>;
  readonly #delete: Query<[string, string], []>;
  readonly #deleteVersion: Query<[string, string, number], []>;
  readonly #list: Query<[string, string, string | null, string | Uint8Array, number], RecordRow>;

  constructor(database: DatabaseSync) {
    this.#get = new Query(database, 'SELECT key, value, version FROM records WHERE collection = ? AND key = ?');
    const insert = 'INSERT INTO records (collection, key, value, version) VALUES (?, ?, ?, 1) ON CONFLICT';
    this.#insert = new Query(database, `${insert} DO NOTHING`);
    this.#update = new Query(
      database,
      'UPDATE records SET value = ?, version = version + 1 WHERE collection = ? AND key = ? AND version = ?',
    );
    this.#upsert = new Query(
      database,
      `${insert} (collection, key) DO UPDATE SET value = excluded.value, version = version + 1 RETURNING version`,
    );
    this.#delete = new Query(database, 'DELETE FROM records WHERE collection = ? AND key = ?');
    this.#deleteVersion = new Query(database, 'DELETE FROM records WHERE collection = ? AND key = ? AND version = ?');
    this.#list = new Query(
      database,
      `SELECT key, value, version FROM records
       WHERE collection = ? AND key >= ? AND key IS NOT ? AND key < ? ORDER BY key LIMIT ?`,
    );
  }

  get(collection: string, key: string): RecordRow | null {
    return this.#get.first(collection, key) ?? null;
  }

  /** The new version, or null: the record has another version than `expected`. */
  put(collection: string, key: string, value: string, expected: number | null): number | null {
    if (expected === null) return this.#upsert.first(collection, key, value)?.[0] ?? null;
    const written =
      expected === 0 ? this.#insert.run(collection, key, value) : this.#update.run(value, collection, key, expected);
    return written === 0 ? null : expected + 1;
  }

  /** False: the record has another version than `expected`. */
  delete(collection: string, key: string, expected: number | null): boolean {
    if (expected !== null) return this.#deleteVersion.run(collection, key, expected) > 0;
    this.#delete.run(collection, key);
    return true;
  }

  /** Keys from `from` on, without `except`, and below `to`. */
  list(collection: string, from: string, except: string | null, to: string | null, limit: number): RecordRow[] {
    return this.#list.all(collection, from, except, to ?? NO_BOUND, limit);
  }
}
