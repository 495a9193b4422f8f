import type { DatabaseSync } from 'node:sqlite';
import type { ExecutionTable, ListedRow } from './execution-table.ts';
import { Query } from './query.ts';

/** A commit without its execution, on its way into the table or out of it. `listed` is the JSON of a `ListedRow`. */
export type CommitRow = readonly [
  number: number,
  body: string,
  leaseOwner: string | null,
  leaseUntil: number | null,
  snapshotNumber: number | null,
  snapshot: string | null,
  listed: string | null,
  expiresAt: number | null,
];

/** The place of a commit in the log, and the row in it. */
export type StoredRow = readonly [position: number, listed: string];

/** The state of the snapshot with its number, the commits after it, and the number of the last commit. */
const COLUMNS = 'number, body, lease_owner, lease_until, snapshot_number, snapshot, listed, expires_at';

/** Characters of text in a page of commits; the first commit is read whatever its size. */
const PAGE_CHARACTERS = 4_000_000;

/** The commit log. Works inside the transaction of the batch. */
export class CommitTable {
  readonly #executions: ExecutionTable;
  readonly #insert: Query<[number, ...CommitRow], []>;
  readonly #start: Query<[number], [number | null]>;
  readonly #from: Query<[number, number, number], CommitRow>;
  readonly #delete: Query<[number], []>;
  readonly #replace: Query<[string, string | null, number, number], []>;
  readonly #rows: Query<[number, number], StoredRow>;

  constructor(database: DatabaseSync, executions: ExecutionTable) {
    this.#executions = executions;
    this.#insert = new Query(
      database,
      `INSERT INTO commits (execution, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (execution, number) DO NOTHING`,
    );
    this.#start = new Query(
      database,
      'SELECT snapshot_number FROM commits WHERE execution = ? ORDER BY number DESC LIMIT 1',
    );
    this.#from = new Query(
      database,
      `SELECT ${COLUMNS} FROM commits WHERE execution = ? AND number >= ? ORDER BY number LIMIT ?`,
    );
    this.#delete = new Query(database, 'DELETE FROM commits WHERE execution = ?');
    this.#replace = new Query(
      database,
      'UPDATE commits SET body = ?, listed = ?, snapshot = NULL, snapshot_number = NULL WHERE execution = ? AND number = ?',
    );
    this.#rows = new Query(
      database,
      'SELECT position, listed FROM commits WHERE position > ? AND listed IS NOT NULL ORDER BY position LIMIT ?',
    );
  }

  /** False: a commit of this number exists, nothing was written. */
  append(arn: string, row: ListedRow | null, ...commit: CommitRow): boolean {
    const known = this.#executions.idOf(arn);
    const id = known ?? this.#executions.create(arn, row);
    if (this.#insert.run(id, ...commit) === 0) return false;
    if (row !== null && known !== undefined) this.#executions.takeRow(row);
    const expiresAt = commit[7];
    // The same in every commit, so it is enough to look at those that are rare.
    if (row !== null) this.#executions.setExpiry(id, expiresAt);
    return true;
  }

  load(arn: string): readonly CommitRow[] {
    const id = this.#executions.idOf(arn);
    const start = id === undefined ? undefined : this.#start.first(id);
    if (id === undefined || start === undefined) return [];
    return this.#from.all(id, start[0] ?? 0, -1);
  }

  read(arn: string, from: number, limit: number): CommitRow[] {
    const id = this.#executions.idOf(arn);
    const page: CommitRow[] = [];
    if (id === undefined) return page;
    let characters = 0;
    for (const row of this.#from.each(id, from, limit)) {
      characters += row[1].length + (row[5]?.length ?? 0);
      if (page.length > 0 && characters > PAGE_CHARACTERS) break;
      page.push(row);
    }
    return page;
  }

  /** Its snapshot goes with what was there. */
  replace(arn: string, number: number, body: string, listed: string | null): void {
    const id = this.#executions.idOf(arn);
    if (id !== undefined) this.#replace.run(body, listed, id, number);
  }

  /** Rows of all executions, in the order of their commits. */
  rows(after: number, limit: number): StoredRow[] {
    return this.#rows.all(after, limit);
  }

  delete(id: number): void {
    this.#delete.run(id);
  }
}
