import type { DatabaseSync } from 'node:sqlite';
import { CLOSINGS } from '../../ports/closings.ts';
import { BlobTable } from './blob-table.ts';
import { type CommitRow, CommitTable, type StoredRow } from './commit-table.ts';
import { ExecutionTable, type ListedItem, type ListedRow, type StatusCount } from './execution-table.ts';
import { type FactRow, FactTable } from './fact-table.ts';
import { overwriting } from './overwriting.ts';
import { type RecordRow, RecordTable } from './record-table.ts';
import { scrub } from './scrub.ts';

/** What the thread of the disk can be asked to write. Arguments and results are plain values, cheap to hand over. */
export interface Writes {
  /** `closing`: the value of a record that waits for the ledger, see ports/closings.ts. */
  append(execution: string, row: ListedRow | null, closing: string | null, ...commit: CommitRow): boolean;
  deposit(execution: string, ...fact: FactRow): boolean;
  discard(execution: string, ...ids: readonly string[]): void;
  takeRow(row: ListedRow): void;
  putRecord(collection: string, key: string, value: string, expected: number | null): number | null;
  deleteRecord(collection: string, key: string, expected: number | null): boolean;
  putBlob(key: string, content: string): void;
  /** Overwrites what was there, as does the next one. `except`: a JSON array of keys. */
  eraseBlobs(execution: string, except: string): void;
  replaceCommit(execution: string, number: number, body: string, listed: string | null): void;
  forgetExpired(nowSeconds: number, limit: number): number;
}

/** What it can be asked to do outside the transaction of the batch, after it: above all to read. */
export interface Reads {
  load(execution: string): readonly CommitRow[];
  read(execution: string, from: number, limit: number): readonly CommitRow[];
  facts(execution: string): readonly FactRow[];
  listExecutions(...query: Parameters<ExecutionTable['list']>): readonly ListedItem[];
  countExecutions(...query: Parameters<ExecutionTable['count']>): readonly StatusCount[];
  rows(after: number, limit: number): readonly StoredRow[];
  getRecord(collection: string, key: string): RecordRow | null;
  listRecords(...query: Parameters<RecordTable['list']>): readonly RecordRow[];
  getBlob(key: string): string | null;
  /** Takes what was erased out of free pages and the write-ahead log. */
  scrub(): void;
}

export type Operations = Writes & Reads;

export interface OpenTables {
  readonly writes: Writes;
  readonly reads: Reads;
  /** To be called when a transaction was rolled back. */
  rolledBack(): void;
}

export function openTables(database: DatabaseSync): OpenTables {
  const executions = new ExecutionTable(database);
  const commits = new CommitTable(database, executions);
  const facts = new FactTable(database);
  const records = new RecordTable(database);
  const blobs = new BlobTable(database);
  return {
    writes: {
      append(execution, row, closing, ...commit) {
        const isNew = commits.append(execution, row, ...commit);
        if (isNew && closing !== null) records.put(CLOSINGS, execution, closing, null);
        return isNew;
      },
      deposit: (execution, ...fact) => facts.deposit(execution, ...fact),
      discard: (execution, ...ids) => facts.discard(execution, ...ids),
      takeRow: (row) => executions.takeRow(row),
      putRecord: (collection, key, value, expected) => records.put(collection, key, value, expected),
      deleteRecord: (collection, key, expected) => records.delete(collection, key, expected),
      putBlob: (key, content) => blobs.put(key, content),
      eraseBlobs: (...blobsOf) => overwriting(database, () => blobs.deleteOf(...blobsOf)),
      replaceCommit: (...commit) => overwriting(database, () => commits.replace(...commit)),
      forgetExpired(nowSeconds, limit) {
        const expired = executions.expired(nowSeconds, limit);
        for (const [id, arn] of expired) {
          commits.delete(id);
          facts.delete(arn);
          blobs.deleteOf(arn);
          executions.delete(id, arn);
        }
        return expired.length;
      },
    },
    reads: {
      load: (execution) => commits.load(execution),
      read: (execution, from, limit) => commits.read(execution, from, limit),
      facts: (execution) => facts.of(execution),
      listExecutions: (...query) => executions.list(...query),
      countExecutions: (...query) => executions.count(...query),
      rows: (after, limit) => commits.rows(after, limit),
      getRecord: (collection, key) => records.get(collection, key),
      listRecords: (...query) => records.list(...query),
      getBlob: (key) => blobs.get(key),
      scrub: () => scrub(database),
    },
    rolledBack: () => executions.forgetIds(),
  };
}
