import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../../lib/local/server.ts';
import { deployExample, labelOf, scenarios } from './example-player.ts';
import { type Played, playAll, type RunningServer, VARIANTS } from './play.ts';

/** The examples of all patterns, through the REST API of a server on a real database. */

async function openServer(dataDir: string): Promise<RunningServer> {
  const server = await startServer({ port: 0, dataDir, buckets: join(dataDir, 'buckets') }, { log: () => {} });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.close();
    return stopped;
  };
  return { url: server.url, stop };
}

test('there is an example of each of the 43 patterns', () => {
  const patterns = scenarios.map(({ pattern }) => Number(pattern.replace('WCP-', ''))).sort((a, b) => a - b);
  expect(patterns).toStrictEqual(Array.from({ length: 43 }, (_, i) => i + 1));
});

describe.each(VARIANTS)('$name', (variant) => {
  let played: readonly Played[] = [];

  beforeAll(async () => {
    played = await playAll(variant, openServer, async (address, beside) => {
      const runs: Played[] = [];
      for (const scenario of scenarios) runs.push(...(await deployExample(address, scenario, beside)));
      return runs;
    });
  });

  test.each(scenarios)('$pattern', ({ pattern, runs }) => {
    const labels = runs.map((run) => labelOf(pattern, run));
    const ends = played.filter(({ label }) => labels.includes(label)).map(({ label, failure }) => [label, failure]);
    expect(ends).toStrictEqual(labels.map((label) => [label, undefined]));
  });
});
