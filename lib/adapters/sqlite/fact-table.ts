import type { DatabaseSync } from 'node:sqlite';
import { Query } from './query.ts';

export type FactRow = readonly [id: string, at: number, body: string];

/** The inboxes. A discarded fact leaves no trace: its id can be deposited again. */
export class FactTable {
  readonly #insert: Query<[string, ...FactRow], []>;
  readonly #of: Query<[string], FactRow>;
  readonly #discard: Query<[string, string], []>;
  readonly #delete: Query<[string], []>;

  constructor(database: DatabaseSync) {
    this.#insert = new Query(
      database,
      'INSERT INTO facts (execution, id, at, body) VALUES (?, ?, ?, ?) ON CONFLICT (execution, id) DO NOTHING',
    );
    this.#of = new Query(database, 'SELECT id, at, body FROM facts WHERE execution = ? ORDER BY at, position');
    this.#discard = new Query(database, 'DELETE FROM facts WHERE execution = ? AND id = ?');
    this.#delete = new Query(database, 'DELETE FROM facts WHERE execution = ?');
  }

  /** False: a fact of this id is there, nothing was written. */
  deposit(execution: string, ...fact: FactRow): boolean {
    return this.#insert.run(execution, ...fact) > 0;
  }

  of(execution: string): FactRow[] {
    return this.#of.all(execution);
  }

  discard(execution: string, ...ids: readonly string[]): void {
    for (const id of ids) this.#discard.run(execution, id);
  }

  delete(execution: string): void {
    this.#delete.run(execution);
  }
}
