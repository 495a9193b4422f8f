import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { DataDirError } from './data-dir-error.ts';
import { openDatabase } from './database.ts';
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

  constructor(database: DatabaseSync) {
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

  /** One transaction, all or nothing: if anything in it fails, none of its writes is reported as done. */
  #write(batch: readonly Request[], results: unknown[], failures: Failure[]): void {
    try {
      this.#begin.run();
      for (const [position, [name, ...args]] of batch.entries()) {
        const write = this.#writes.get(name);
        if (write) results[position] = write(...args);
      }
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      for (const [position, [name]] of batch.entries()) {
        if (this.#writes.has(name)) failures.push([position, messageOf(error)]);
      }
    }
  }

  #rollBack(): void {
    // Some errors (a full disk, a failed write) have ended the transaction already.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#tables.rolledBack();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('This module runs as a worker thread: use openSqlite.');
  const options: WorkerOptions = workerData;
  try {
    const open = openDatabase(options.dataDir, options.maxBytes);
    const runner = new BatchRunner(open.database);
    port.on('message', (message: ToWorker) => {
      if (message !== null) return port.postMessage(runner.run(message));
      open.close();
      port.close();
    });
    port.postMessage(['open'] satisfies Opened);
  } catch (error) {
    const fault = error instanceof DataDirError ? error.code : 'Knhk.DataDirUnusable';
    port.postMessage(['failed', fault, messageOf(error)] satisfies Opened);
    port.close();
  }
}

serve();
