import type { DatabaseSync } from 'node:sqlite';

/** What is deleted meanwhile is overwritten with zeros, instead of lying about in free pages. */
export function overwriting<T>(database: DatabaseSync, erase: () => T): T {
  database.exec('PRAGMA secure_delete = ON');
  try {
    return erase();
  } finally {
    database.exec('PRAGMA secure_delete = FAST');
  }
}
