import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Json } from '../../lib/model/json.ts';

/** How many cases of an area came out as they should. */
export interface Score {
  readonly area: string;
  readonly passed: number;
  readonly total: number;
}

export function tally(results: Iterable<readonly [area: string, passed: boolean]>): readonly Score[] {
  const scores = new Map<string, { passed: number; total: number }>();
  for (const [area, passed] of results) {
    const score = scores.get(area) ?? { passed: 0, total: 0 };
    scores.set(area, { passed: score.passed + (passed ? 1 : 0), total: score.total + 1 });
  }
  return [...scores].map(([area, score]) => ({ area, ...score }));
}

/** The JSON in a file that may be compressed. */
export function readCases(file: string): Json {
  const bytes = readFileSync(file);
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}
