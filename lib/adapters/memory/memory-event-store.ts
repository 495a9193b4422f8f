import { CLOSINGS, closingOf } from '../../ports/closings.ts';
import type { EventStore, StoredCommit } from '../../ports/event-store.ts';
import type { ExecutionIndex, ExecutionRow, LoggedRows, Page, RowQuery } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { pageToken, positionOf } from '../page-token.ts';

const ROWS = ['rows'];

/** The commit log in maps, for tests and simulation. A commit that carries a row changes the index at once, and tells `records` that its execution has closed. */
export class MemoryEventStore implements EventStore, LoggedRows {
  /** Commits at the places of their numbers. */
  readonly #logs = new Map<string, (StoredCommit | undefined)[]>();
  readonly #index: ExecutionIndex | undefined;
  readonly #records: KeyValueStore | undefined;

  constructor(index?: ExecutionIndex, records?: KeyValueStore) {
    this.#index = index;
    this.#records = records;
  }

  async append(commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const log = this.#logs.get(commit.execution) ?? [];
    if (log[commit.number] !== undefined) return 'conflict';
    log[commit.number] = frozen(commit);
    this.#logs.set(commit.execution, log);
    if (commit.row !== undefined) await this.#index?.put(commit.row);
    const closing = commit.row === undefined ? undefined : closingOf(commit.row);
    if (closing !== undefined) await this.#records?.put(CLOSINGS, commit.execution, [{ ...closing }], 'any');
    return 'appended';
  }

  async load(execution: string): Promise<readonly StoredCommit[]> {
    const log = this.#logs.get(execution) ?? [];
    return between(log, log.at(-1)?.snapshotNumber ?? 0);
  }

  async read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]> {
    return between(this.#logs.get(execution) ?? [], from, limit);
  }

  async rows({ limit, after }: RowQuery): Promise<Page<ExecutionRow>> {
    const [skipped = 0] = after === undefined ? [] : positionOf(after, ROWS);
    const all = [...this.#logs.values()].flatMap((log) => log.flatMap((commit) => commit?.row ?? []));
    const end = Number(skipped) + limit;
    const items = all.slice(Number(skipped), end);
    return end >= all.length ? { items } : { items, next: pageToken(ROWS, [end]) };
  }

  async replace(commit: StoredCommit): Promise<void> {
    const log = this.#logs.get(commit.execution) ?? [];
    if (log[commit.number] !== undefined) log[commit.number] = frozen(commit);
  }
}

function between(log: readonly (StoredCommit | undefined)[], from: number, limit = log.length): StoredCommit[] {
  const found: StoredCommit[] = [];
  for (let number = from; number < log.length && found.length < limit; number += 1) {
    const commit = log[number];
    if (commit !== undefined) found.push(commit);
  }
  return found;
}

/** A copy that nobody can change. */
function frozen(commit: StoredCommit): StoredCommit {
  return Object.freeze({
    ...commit,
    ...(commit.lease === undefined ? {} : { lease: Object.freeze({ ...commit.lease }) }),
    ...(commit.row === undefined ? {} : { row: Object.freeze({ ...commit.row }) }),
  });
}
