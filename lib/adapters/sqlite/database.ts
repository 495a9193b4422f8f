import { DatabaseSync } from 'node:sqlite';
import { DataDirError } from './data-dir-error.ts';
import { Files, PAGE_BYTES } from './files.ts';
import { migrations, SCHEMA_VERSION } from './schema.ts';

/** Pages in the write-ahead log before it is worked into the database: fewer, larger checkpoints for pages that are written again and again. */
const CHECKPOINT_PAGES = 2000;
const CACHE_KIB = 32 * 1024;

// Primary result codes, https://sqlite.org/rescode.html
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** @throws Error if what is written now could not be found again. */
  assertInPlace(): void;
  close(): void;
}

/** Opens the database in the folder, for this process alone. @throws DataDirError */
export function openDatabase(dataDir: string, maxBytes: number | null): OpenDatabase {
  const opened: DatabaseSync[] = [];
  const close = () => {
    for (const one of opened.splice(0).reverse()) one.close();
  };
  try {
    const files = new Files(dataDir);
    files.makeFolder();
    opened.push(takeLock(dataDir, files.lock));
    files.check();
    const database = new DatabaseSync(files.database);
    opened.push(database);
    configure(database, maxBytes);
    migrate(database, dataDir);
    files.opened();
    return { database, assertInPlace: () => files.assertInPlace(), close };
  } catch (error) {
    close();
    throw error instanceof DataDirError ? error : openError(error, dataDir);
  }
}

/** The operating system frees this lock whatever way the process ends. */
function takeLock(dataDir: string, path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (resultCode(error) !== BUSY) throw error;
    throw new DataDirError(
      'Knhk.DataDirInUse',
      `The data folder ${dataDir} is in use by another process: stop that one, or choose another folder.`,
      { cause: error },
    );
  }
}

function configure(database: DatabaseSync, maxBytes: number | null): void {
  database.exec(`
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = FAST;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA cache_size = -${CACHE_KIB};
  `);
  if (maxBytes !== null) database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_BYTES))}`);
}

function migrate(database: DatabaseSync, dataDir: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    throw new DataDirError(
      'Knhk.DataDirTooNew',
      `The data folder ${dataDir} has schema version ${version}, this engine knows ${SCHEMA_VERSION}: use the newer engine that wrote it.`,
    );
  }
  for (const [done, sql] of migrations.entries()) {
    if (done < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${done + 1}; COMMIT;`);
  }
}

function openError(error: unknown, dataDir: string): DataDirError {
  const reason = error instanceof Error ? error.message : String(error);
  if (isDamage(error)) {
    return new DataDirError(
      'Knhk.DataDirCorrupt',
      `The database in ${dataDir} is damaged (${reason}): restore it from a backup, or choose another folder.`,
      { cause: error },
    );
  }
  const cure = resultCode(error) === FULL ? 'make room' : 'make it readable and writable';
  return new DataDirError(
    'Knhk.DataDirUnusable',
    `The data folder ${dataDir} cannot be used (${reason}): ${cure}, or choose another folder.`,
    { cause: error },
  );
}

/** Whether SQLite has found something else than what was written. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

/** SQLite's primary result code: the low byte of the extended one. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
