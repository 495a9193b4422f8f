import type { DatabaseSync } from 'node:sqlite';
import { labelsOf } from '../../model/search.ts';
import { overwriting } from './overwriting.ts';
import { Query } from './query.ts';

/** A row of the read model: ARN, name, workflow, status, start, end, commit number, and what only some have. */
export type ListedRow = readonly [
  arn: string,
  name: string,
  workflow: string,
  status: string,
  startedAt: number,
  closedAt: number | null,
  commit: number,
  version: number | null,
  alias: string | null,
  redriveCount: number | null,
  redrivenAt: number | null,
  mapRun: string | null,
  itemCount: number | null,
  search: string | null,
  suspendedAt: number | null,
];

/** A listed row behind the id of its execution. */
export type ListedItem = readonly [id: number, ...ListedRow];

type Bounds = readonly [startedTo: number, before: number, startedFrom: number, limit: number];

/** What listed executions have in common; `null`: anything. */
export interface ListFilter {
  readonly workflow: string | null;
  readonly version: number | null;
  readonly alias: string | null;
  readonly mapRun: string | null;
  /** 1: have been redriven, 0: have not. */
  readonly redriven: number | null;
  readonly status: string | null;
  /** All of them; see lib/model/search.ts. */
  readonly labels: readonly string[];
}

export type StatusCount = readonly [status: string, count: number];

/** What is compared for each filter. */
const FILTERS = {
  workflow: 'workflow',
  version: 'version',
  alias: 'alias',
  mapRun: 'map_run',
  redriven: '(redrive_count IS NOT NULL)',
  status: 'status',
} as const satisfies Readonly<Record<Exclude<keyof ListFilter, 'labels'>, string>>;

type FilterName = keyof typeof FILTERS;
// The names are those of the object right above.
const FILTER_NAMES = Object.keys(FILTERS) as readonly FilterName[];

const COLUMNS =
  'arn, name, workflow, status, started_at, closed_at, commit_number, version, alias, redrive_count, redriven_at, map_run, item_count, search, suspended_at';

const CACHED_IDS = 20_000;

const TAKE_ROW = `
  INSERT INTO executions (${COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (arn) DO UPDATE SET
    name = excluded.name, workflow = excluded.workflow, status = excluded.status, started_at = excluded.started_at,
    closed_at = excluded.closed_at, commit_number = excluded.commit_number, version = excluded.version,
    alias = excluded.alias, redrive_count = excluded.redrive_count, redriven_at = excluded.redriven_at,
    map_run = excluded.map_run, item_count = excluded.item_count, search = excluded.search,
    suspended_at = excluded.suspended_at
  WHERE commit_number IS NULL OR excluded.commit_number > commit_number
  RETURNING id`;

function listing(filters: readonly FilterName[], labels: number): string {
  const filter = filters.map((name) => `${FILTERS[name]} = ? AND`).join(' ');
  // The fewest executions have the first label: it says in which order they are looked at.
  const [source, at, id] =
    labels === 0
      ? ['executions', 'executions.started_at', 'executions.id']
      : ['labels CROSS JOIN executions ON executions.id = labels.execution', 'labels.started_at', 'labels.execution'];
  return `
    SELECT id, ${COLUMNS.replace('started_at', 'executions.started_at')} FROM ${source}
    WHERE ${labelled(labels)} ${filter} status IS NOT NULL AND (${at}, ${id}) < (?, ?) AND ${at} >= ?
    ORDER BY ${at} DESC, ${id} DESC LIMIT ?`;
}

function labelled(count: number): string {
  if (count === 0) return '';
  const others = Array.from(
    { length: count - 1 },
    () => 'EXISTS (SELECT 1 FROM labels AS other WHERE other.execution = executions.id AND other.label = ?) AND',
  );
  return ['labels.label = ? AND', ...others].join(' ');
}

function counting(filters: readonly FilterName[], labels: number): string {
  const filter = filters.map((name) => `${FILTERS[name]} = ? AND`).join(' ');
  const source = labels === 0 ? 'executions' : 'labels CROSS JOIN executions ON executions.id = labels.execution';
  return `
    SELECT status, count(*) FROM ${source}
    WHERE ${labelled(labels)} ${filter} status IS NOT NULL AND executions.started_at BETWEEN ? AND ? GROUP BY status`;
}

/** Executions: the short ids that stand for their ARNs in the log, and what lists show. */
export class ExecutionTable {
  readonly #ids = new Map<string, number>();
  readonly #find: Query<[string], [number]>;
  readonly #insert: Query<[string], [number]>;
  readonly #takeRow: Query<[...ListedRow], [number]>;
  readonly #setExpiry: Query<[number | null, number], []>;
  readonly #expired: Query<[number, number], [number, string]>;
  readonly #delete: Query<[number], []>;
  readonly #label: Query<[string, number, number], []>;
  readonly #unlabel: Query<[number], []>;
  readonly #searchOf: Query<[string], [string]>;
  /** By what they filter by, prepared when first used. */
  readonly #listings = new Map<string, Query<(string | number)[], ListedItem>>();
  readonly #countings = new Map<string, Query<(string | number)[], StatusCount>>();
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#find = new Query(database, 'SELECT id FROM executions WHERE arn = ?');
    this.#insert = new Query(database, 'INSERT INTO executions (arn) VALUES (?) RETURNING id');
    this.#takeRow = new Query(database, TAKE_ROW);
    this.#setExpiry = new Query(database, 'UPDATE executions SET expires_at = ? WHERE id = ?');
    this.#expired = new Query(database, 'SELECT id, arn FROM executions WHERE expires_at <= ? LIMIT ?');
    this.#delete = new Query(database, 'DELETE FROM executions WHERE id = ?');
    this.#label = new Query(database, 'INSERT OR IGNORE INTO labels (label, started_at, execution) VALUES (?, ?, ?)');
    this.#unlabel = new Query(database, 'DELETE FROM labels WHERE execution = ?');
    this.#searchOf = new Query(database, 'SELECT search FROM executions WHERE arn = ? AND search IS NOT NULL');
    this.#database = database;
  }

  idOf(arn: string): number | undefined {
    const cached = this.#ids.get(arn);
    if (cached !== undefined) return cached;
    const found = this.#find.first(arn)?.[0];
    if (found !== undefined) this.#remember(arn, found);
    return found;
  }

  /** A new execution, listed at once if there is a row. */
  create(arn: string, row: ListedRow | null): number {
    const created = row === null ? this.#insert.first(arn) : this.#taken(row);
    if (created === undefined) throw new Error(`The execution ${arn} exists already.`);
    this.#remember(arn, created[0]);
    return created[0];
  }

  /** Takes the row if its commit number is greater than that of the row that is there. */
  takeRow(row: ListedRow): void {
    this.#taken(row);
  }

  #taken(row: ListedRow): [number] | undefined {
    // Only what is erased loses what it was found by.
    const isErased = row[13] === null && row[6] > 0 && this.#searchOf.first(row[0]) !== undefined;
    return isErased ? overwriting(this.#database, () => this.#write(row)) : this.#write(row);
  }

  #write(row: ListedRow): [number] | undefined {
    const taken = this.#takeRow.first(...row);
    if (taken === undefined) return undefined;
    const [id] = taken;
    const startedAt = row[4];
    const search = row[13];
    this.#unlabel.run(id);
    for (const label of search === null ? [] : labelsOf(JSON.parse(search))) this.#label.run(label, startedAt, id);
    return taken;
  }

  setExpiry(id: number, expiresAt: number | null): void {
    this.#setExpiry.run(expiresAt, id);
  }

  expired(nowSeconds: number, limit: number): [number, string][] {
    return this.#expired.all(nowSeconds, limit);
  }

  delete(id: number, arn: string): void {
    this.#unlabel.run(id);
    this.#delete.run(id);
    this.#ids.delete(arn);
  }

  /** After a rollback: ids handed out in the transaction stand for nothing. */
  forgetIds(): void {
    this.#ids.clear();
  }

  /** Newest start first, beginning behind the place (`startedTo`, `before`). */
  list(filter: ListFilter, ...bounds: Bounds): ListedItem[] {
    const { names, labels, key } = shapeOf(filter);
    const query = this.#listings.get(key) ?? new Query(this.#database, listing(names, labels.length));
    this.#listings.set(key, query);
    return query.all(...labels, ...names.flatMap((name) => filter[name] ?? []), ...bounds);
  }

  /** By status; both bounds of the start are inclusive. */
  count(filter: ListFilter, startedFrom: number, startedTo: number): StatusCount[] {
    const { names, labels, key } = shapeOf(filter);
    const query = this.#countings.get(key) ?? new Query(this.#database, counting(names, labels.length));
    this.#countings.set(key, query);
    return query.all(...labels, ...names.flatMap((name) => filter[name] ?? []), startedFrom, startedTo);
  }

  #remember(arn: string, id: number): void {
    if (this.#ids.size >= CACHED_IDS) this.#ids.clear();
    this.#ids.set(arn, id);
  }
}

function shapeOf(filter: ListFilter) {
  const names = FILTER_NAMES.filter((name) => filter[name] !== null);
  const { labels } = filter;
  return { names, labels, key: [...names, labels.length].join() };
}
