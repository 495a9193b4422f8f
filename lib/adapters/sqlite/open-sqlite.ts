import { resolve } from 'node:path';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { EventStore, Inbox } from '../../ports/event-store.ts';
import type { ExecutionIndex, LoggedRows } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { Channel } from './channel.ts';
import { SqliteBlobStore } from './sqlite-blob-store.ts';
import { SqliteEventStore } from './sqlite-event-store.ts';
import { SqliteExecutionIndex } from './sqlite-execution-index.ts';
import { SqliteKeyValueStore } from './sqlite-key-value-store.ts';

export interface SqliteOptions {
  /** Limit of the database file. Writes beyond it fail with `StoreUnavailable`, as on a full disk. */
  readonly maxBytes?: number;
}

/** All stores of one machine, on one database file that this process has for itself. */
export interface SqliteStores {
  readonly events: EventStore & LoggedRows;
  readonly inbox: Inbox;
  readonly index: ExecutionIndex;
  readonly keyValues: KeyValueStore;
  readonly blobs: BlobStore;
  /**
   * Deletes executions whose `expiresAt` has passed, at most `limit`, with their commits, facts, rows and blobs (those
   * with keys that begin with the ARN and a slash). Answers how many: call again while that is `limit`.
   */
  forgetExpired(nowSeconds: number, limit: number): Promise<number>;
  /** Finishes what has been asked for; whatever is asked afterwards fails with `StoreUnavailable`. */
  close(): Promise<void>;
}

/**
 * Opens, or makes, the database in the folder. All disk work happens in a thread of its own; writes are durable (fsync)
 * when their promises resolve, and those that arrive together share a transaction.
 * @throws DataDirError
 */
export async function openSqlite(dataDir: string, options: SqliteOptions = {}): Promise<SqliteStores> {
  const channel = await Channel.open({ dataDir: resolve(dataDir), maxBytes: options.maxBytes ?? null });
  const events = new SqliteEventStore(channel);
  return {
    events,
    inbox: events,
    index: new SqliteExecutionIndex(channel),
    keyValues: new SqliteKeyValueStore(channel),
    blobs: new SqliteBlobStore(channel),
    forgetExpired: (nowSeconds, limit) => channel.call('forgetExpired', nowSeconds, limit),
    close: () => channel.close(),
  };
}
