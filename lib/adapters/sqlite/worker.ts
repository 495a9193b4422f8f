import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { DataDirError } from './data-dir-error.ts';
import { isDamage, type OpenDatabase, openDatabase } from './database.ts';
import { type OpenTables, openTables } from './operations.ts';
import type { Failure, Opened, Reply, Request, ToWorker, WorkerOptions } from './protocol.ts';

/** The thread of the disk: takes batches of requests, writes each batch in one transaction, and answers when it is durable. */

type Operation = (...args: readonly unknown[]) => unknown;

class BatchRunner {
  readonly #tables: OpenTables;
  readonly #writes: ReadonlyMap<string, Operation>;
  readonly #reads: ReadonlyMap<string, Operation>;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #assertInPlace: () => void;

  constructor({ database, assertInPlace }: OpenDatabase) {
    this.#assertInPlace = assertInPlace;
    this.#database = database;
    this.#tables = openTables(database);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    // `Channel.call` has checked names and arguments against `Operations`; here they are opaque.
    this.#writes = new Map(Object.entries(this.#tables.writes) as [string, Operation][]);
    this.#reads = new Map(Object.entries(this.#tables.reads) as [string, Operation][]);
  }

  /** Reads run after the commit, so that they see the batch's own writes, and nothing that may be rolled back. */
  run(batch: readonly Request[]): Reply {
    const results: unknown[] = new Array(batch.length).fill(null);
    const failures: Failure[] = [];
    const writing = batch.some(([name]) => this.#writes.has(name));
    if (writing) this.#write(batch, results, failures);
    for (const [position, [name, ...args]] of batch.entries()) {
      try {
        const read = this.#reads.get(name);
        if (read) results[position] = read(...args);
      } catch (error) {
        failures.push([position, messageOf(error)]);
      }
    }
    return [results, failures.length > 0 ? failures : null];
  }

  /**
   * One transaction, all or nothing: if anything in it fails, none of its writes is reported as done. But one that comes
   * upon damage must not take along all that happen to be written with it, time and again.
   */
  #write(batch: readonly Request[], results: unknown[], failures: Failure[]): void {
    const writes = [...batch.entries()].filter(([, [name]]) => this.#writes.has(name));
    const error = this.#transact(writes, results);
    if (error === undefined) return;
    if (!isDamage(error) || writes.length === 1) {
      for (const [position] of writes) failures.push([position, messageOf(error)]);
      return;
    }
    for (const write of writes) {
      const fault = this.#transact([write], results);
      if (fault !== undefined) failures.push([write[0], messageOf(fault)]);
    }
  }

  /** @returns why nothing was written. */
  #transact(writes: readonly (readonly [number, Request])[], results: unknown[]): unknown {
    try {
      this.#assertInPlace();
      this.#begin.run();
      for (const [position, [name, ...args]] of writes) results[position] = this.#writes.get(name)?.(...args);
      this.#commit.run();
      return undefined;
    } catch (error) {
      this.#rollBack();
      return error;
    }
  }

  #rollBack(): void {
    // Some errors (a full disk, a failed write) have ended the transaction already.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#tables.rolledBack();
  }
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isDamage(error) ? `it is damaged, ${message}: restore the data folder from a backup` : message;
}

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('This module runs as a worker thread: use openSqlite.');
  const options: WorkerOptions = workerData;
  try {
    const open = openDatabase(options.dataDir, options.maxBytes);
    const runner = new BatchRunner(open);
    port.on('message', (message: ToWorker) => {
      if (message !== null) return port.postMessage(runner.run(message));
      open.close();
      port.close();
    });
    port.postMessage(['open'] satisfies Opened);
  } catch (error) {
    const fault = error instanceof DataDirError ? error.code : 'Knhk.DataDirUnusable';
    port.postMessage(['failed', fault, error instanceof Error ? error.message : String(error)] satisfies Opened);
    port.close();
  }
}

serve();
