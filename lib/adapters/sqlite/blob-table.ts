import type { DatabaseSync } from 'node:sqlite';
import { Query } from './query.ts';

export class BlobTable {
  readonly #get: Query<[string], [string]>;
  readonly #put: Query<[string, string], []>;
  readonly #delete: Query<[string, string, string], []>;

  constructor(database: DatabaseSync) {
    this.#get = new Query(database, 'SELECT content FROM blobs WHERE key = ?');
    this.#put = new Query(
      database,
      'INSERT INTO blobs (key, content) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET content = excluded.content',
    );
    this.#delete = new Query(
      database,
      'DELETE FROM blobs WHERE key >= ? AND key < ? AND key NOT IN (SELECT value FROM json_each(?))',
    );
  }

  get(key: string): string | null {
    return this.#get.first(key)?.[0] ?? null;
  }

  put(key: string, content: string): void {
    this.#put.run(key, content);
  }

  /** Deletes the blobs whose keys begin with the ARN and a slash; `0` is the character behind `/`. `except`: a JSON array of keys. */
  deleteOf(execution: string, except = '[]'): void {
    this.#delete.run(`${execution}/`, `${execution}0`, except);
  }
}
