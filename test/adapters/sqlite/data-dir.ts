import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite, type SqliteStores } from '../../../lib/adapters/sqlite/index.ts';

export interface DataDir extends AsyncDisposable {
  readonly path: string;
}

/** A new empty folder that goes when its user does. */
export async function newDataDir(): Promise<DataDir> {
  const path = await mkdtemp(join(tmpdir(), 'knhk-sqlite-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** One store of a database of its own, in the shape that the contract suites open. */
export async function opened<Store>(pick: (stores: SqliteStores) => Store) {
  const dataDir = await newDataDir();
  let stores = await openSqlite(dataDir.path);
  return {
    store: pick(stores),
    reopen: async () => {
      await stores.close();
      stores = await openSqlite(dataDir.path);
      return pick(stores);
    },
    close: async () => {
      await stores.close();
      await dataDir[Symbol.asyncDispose]();
    },
  };
}
