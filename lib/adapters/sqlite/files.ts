import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataDirError } from './data-dir-error.ts';
import { damagedFrame } from './wal-check.ts';

export const PAGE_BYTES = 4096;
const DATABASE_FILE = 'knhk.db';
const WAL_FILE = 'knhk.db-wal';
const LOCK_FILE = 'knhk.lock';
/** Where the header of a database has its size in pages, https://sqlite.org/fileformat2.html#the_database_header. */
const PAGE_COUNT_AT = 28;
const MAGIC = 'SQLite format 3\0';

/** The files of a data folder. */
export class Files {
  readonly #dataDir: string;
  /** Which files they were when they were opened. */
  #opened: readonly (readonly [path: string, inode: number])[] = [];

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get database(): string {
    return join(this.#dataDir, DATABASE_FILE);
  }

  /** A file of its own leaves the database open to backups. */
  get lock(): string {
    return join(this.#dataDir, LOCK_FILE);
  }

  makeFolder(): void {
    makeFolder(this.#dataDir);
  }

  /** What SQLite would take for an end, and go on from. @throws DataDirError */
  check(): void {
    const log = join(this.#dataDir, WAL_FILE);
    if (sizeOf(log) > 0) {
      const frame = damagedFrame(log, PAGE_BYTES);
      if (frame === undefined) return;
      throw this.#damaged(`frame ${frame} of ${WAL_FILE} is not what was written, and transactions follow it`);
    }
    // With a log, the rest of the file may be in there.
    const expected = pagesIn(this.database) * PAGE_BYTES;
    const size = sizeOf(this.database);
    if (size < expected) throw this.#damaged(`${DATABASE_FILE} has ${size} bytes, and had ${expected}`);
  }

  #damaged(reason: string): DataDirError {
    return new DataDirError(
      'Knhk.DataDirCorrupt',
      `The database in ${this.#dataDir} is damaged (${reason}): restore it from a backup, or choose another folder.`,
    );
  }

  opened(): void {
    const paths = [DATABASE_FILE, WAL_FILE, LOCK_FILE].map((name) => join(this.#dataDir, name));
    this.#opened = paths.flatMap((path) => {
      const inode = inodeOf(path);
      return inode === undefined ? [] : [[path, inode] as const];
    });
  }

  /**
   * The operating system lets a process write to files that nobody will ever find again.
   * @throws Error if one of them was deleted, moved or replaced since.
   */
  assertInPlace(): void {
    for (const [path, inode] of this.#opened) {
      if (inodeOf(path) !== inode) {
        throw new Error(`${path} was deleted, moved or replaced under the running engine: stop it, and put it back`);
      }
    }
  }
}

/** Node's own recursive mkdir never returns where a parent denies that it can have entries, as `/proc` does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** As its header has it; 0: there is no such file, or it is no database. */
function pagesIn(path: string): number {
  if (sizeOf(path) === 0) return 0;
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(PAGE_COUNT_AT + 4);
    readSync(file, header, 0, header.length, 0);
    return header.toString('latin1', 0, MAGIC.length) === MAGIC ? header.readUInt32BE(PAGE_COUNT_AT) : 0;
  } finally {
    closeSync(file);
  }
}
