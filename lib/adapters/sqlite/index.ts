export { DataDirError, type DataDirFault } from './data-dir-error.ts';
export { openSqlite, type SqliteOptions, type SqliteStores } from './open-sqlite.ts';
