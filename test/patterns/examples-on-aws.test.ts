import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DYNAMO_EMULATORS } from '../adapters/aws/emulators.ts';
import { Cloud } from '../functions/cloud.ts';
import type { Address } from './driver.ts';
import { deployExample, labelOf, scenarios } from './example-player.ts';
import { type Played, playThrough } from './play.ts';

/** The first runs of some examples on the handlers of AWS, between DynamoDB and SQS. */

/** One of each way in which executions and the outside work together; what a net does is the same everywhere. */
const PATTERNS = ['WCP-9', 'WCP-16', 'WCP-20', 'WCP-22', 'WCP-23', 'WCP-24', 'WCP-27', 'WCP-36', 'WCP-38', 'WCP-39'];
const played = scenarios.filter(({ pattern }) => PATTERNS.includes(pattern));

const ACCOUNT = '123456789012';
const HEADERS = { 'content-type': 'application/json' };
const PAUSE_MS = 2;

describe.each(DYNAMO_EMULATORS.slice(0, 1))('on $name', (kind) => {
  let cloud: Cloud;
  let ends: readonly Played[] = [];

  beforeAll(async () => {
    cloud = await Cloud.start(kind, {});
    const address: Address = { url: '', send: (method, path, body) => cloud.request(method, path, body, HEADERS) };
    const runs: Played[] = [];
    for (const scenario of played) {
      const first = { ...scenario, runs: scenario.runs.slice(0, 1) };
      runs.push(...(await deployExample(address, first, 1, ACCOUNT)));
    }
    let isOver = false;
    const playing = playThrough(runs, 1, async () => {}).finally(() => {
      isOver = true;
    });
    // What the queue brings is run whenever it comes.
    while (!isOver) {
      await cloud.runQueue();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    await playing;
    ends = runs;
  }, 120_000);
  afterAll(() => cloud.stop());

  test.each(played)('$pattern', ({ pattern, runs }) => {
    const [first] = runs;
    const label = first === undefined ? '' : labelOf(pattern, first);
    expect(ends.filter((one) => one.label === label).map(({ failure }) => failure)).toStrictEqual([undefined]);
  });
});
