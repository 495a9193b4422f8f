import { DatabaseSync } from 'node:sqlite';
import { percentiles } from './figures.ts';
import type { Measurement } from './workloads.ts';

/** What the disk itself takes: one row of 500 bytes a commit, one after another, with nothing of ours in between. */
export function bareCommits(file: string, commits: number): Measurement {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (body TEXT)');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  const body = 'x'.repeat(500);
  const times: number[] = [];
  for (let i = 0; i < commits; i += 1) {
    const started = performance.now();
    insert.run(body);
    times.push(performance.now() - started);
  }
  database.close();
  const { p50, p99 } = percentiles(times);
  return { 'bare commit p50 ms': p50, 'p99 ms': p99 };
}
