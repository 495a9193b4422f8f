import { closingOf } from '../../ports/closings.ts';
import type { EventStore, Fact, Inbox, StoredCommit } from '../../ports/event-store.ts';
import type { ExecutionRow, LoggedRows, Page, RowQuery } from '../../ports/execution-index.ts';
import { pageToken, positionOf } from '../page-token.ts';
import type { Channel } from './channel.ts';
import type { CommitRow } from './commit-table.ts';
import type { ListedRow } from './execution-table.ts';
import { executionRow, listedRow } from './listed-row.ts';

const ROWS = ['rows'];

/** The commit log and the inboxes. A commit that carries a row changes the lists in the same transaction. */
export class SqliteEventStore implements EventStore, Inbox, LoggedRows {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async append(commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const row = commit.row === undefined ? null : listedRow(commit.row);
    const closing = commit.row === undefined ? undefined : closingOf(commit.row);
    const appended = await this.#channel.call(
      'append',
      commit.execution,
      row,
      closing === undefined ? null : JSON.stringify([closing]),
      commit.number,
      commit.body,
      commit.lease?.owner ?? null,
      commit.lease?.until ?? null,
      commit.snapshotNumber ?? null,
      commit.snapshot ?? null,
      row === null ? null : JSON.stringify(row),
      commit.expiresAt ?? null,
    );
    return appended ? 'appended' : 'conflict';
  }

  async load(execution: string): Promise<readonly StoredCommit[]> {
    const rows = await this.#channel.call('load', execution);
    return rows.map((row) => storedCommit(execution, row));
  }

  async read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]> {
    const rows = await this.#channel.call('read', execution, from, limit);
    return rows.map((row) => storedCommit(execution, row));
  }

  async replace({ execution, number, body, row }: StoredCommit): Promise<void> {
    const listed = row === undefined ? null : JSON.stringify(listedRow(row));
    await this.#channel.call('replaceCommit', execution, number, body, listed);
  }

  async forgetTexts(): Promise<void> {
    await this.#channel.call('scrub');
  }

  async rows({ limit, after }: RowQuery): Promise<Page<ExecutionRow>> {
    const [position = 0] = after === undefined ? [] : positionOf(after, ROWS);
    const found = await this.#channel.call('rows', Number(position), limit);
    // Written by `append`.
    const items = found.map(([, listed]) => executionRow(JSON.parse(listed) as ListedRow));
    const last = found.at(-1);
    return found.length < limit || last === undefined ? { items } : { items, next: pageToken(ROWS, [last[0]]) };
  }

  async deposit(execution: string, fact: Fact): Promise<'deposited' | 'exists'> {
    return (await this.#channel.call('deposit', execution, fact.id, fact.at, fact.body)) ? 'deposited' : 'exists';
  }

  async facts(execution: string): Promise<readonly Fact[]> {
    return (await this.#channel.call('facts', execution)).map(([id, at, body]) => ({ id, at, body }));
  }

  async discard(execution: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#channel.call('discard', execution, ...ids);
  }
}

function storedCommit(execution: string, row: CommitRow): StoredCommit {
  const [number, body, leaseOwner, leaseUntil, snapshotNumber, snapshot, listed, expiresAt] = row;
  return {
    execution,
    number,
    body,
    ...(leaseOwner === null || leaseUntil === null ? {} : { lease: { owner: leaseOwner, until: leaseUntil } }),
    ...(snapshotNumber === null ? {} : { snapshotNumber }),
    ...(snapshot === null ? {} : { snapshot }),
    // Written by `append` above.
    ...(listed === null ? {} : { row: executionRow(JSON.parse(listed) as ListedRow) }),
    ...(expiresAt === null ? {} : { expiresAt }),
  };
}
