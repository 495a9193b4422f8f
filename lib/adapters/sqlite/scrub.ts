import type { DatabaseSync } from 'node:sqlite';
import { PAGE_BYTES } from './files.ts';
import { overwriting } from './overwriting.ts';

/** An overflow page holds this much of a value, behind the number of the next one. */
const CONTENT_BYTES = PAGE_BYTES - 4;
/** SQLite takes values of up to 1 GB. */
const PAGES_AT_ONCE = 10_000;

/**
 * Takes out of the files what is in the database no more: free pages keep what was in them, and the write-ahead log what
 * was written. Must run outside a transaction; costs as much as writing all pages that are free.
 */
export function scrub(database: DatabaseSync): void {
  const free = numberOf(database.prepare('PRAGMA freelist_count').get(), 'freelist_count');
  if (free > 0) overwriting(database, () => overwriteFreePages(database, free));
  const busy = numberOf(database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get(), 'busy');
  if (busy !== 0) throw new Error('what was erased is still in the write-ahead log: ask again');
}

/** A table takes them all, and with it they are freed and overwritten. */
function overwriteFreePages(database: DatabaseSync, free: number): void {
  database.exec('BEGIN IMMEDIATE; CREATE TABLE scrubbed (content BLOB)');
  try {
    const insert = database.prepare('INSERT INTO scrubbed VALUES (zeroblob(?))');
    for (let left = free; left > 0; left -= PAGES_AT_ONCE) insert.run(Math.min(left, PAGES_AT_ONCE) * CONTENT_BYTES);
    database.exec('DROP TABLE scrubbed; COMMIT');
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function numberOf(row: Readonly<Record<string, unknown>> | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
