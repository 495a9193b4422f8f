import type { SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { keepHidden } from '../../functions/executor/keep-hidden.ts';
import { SimulatedClock } from '../../lib/adapters/memory/index.ts';

function record(waitedMs: number): SQSRecord {
  const attributes = { SentTimestamp: '1000', ApproximateFirstReceiveTimestamp: String(1000 + waitedMs) };
  // Only the times of the message are looked at.
  return { attributes } as SQSRecord;
}

function hiding(waitedMs: number) {
  const clock = new SimulatedClock();
  const began = clock.now();
  const times: number[] = [];
  const finished = keepHidden(record(waitedMs), clock, async () => void times.push((clock.now() - began) / 1000));
  return { clock, times, finished };
}

test('a short turn hides nothing', () => {
  const { clock, times, finished } = hiding(10);
  clock.advance(19_000);
  finished();
  clock.advance(600_000);
  expect(times).toEqual([]);
});

test('a long turn hides its message again and again until it is finished', () => {
  const { clock, times, finished } = hiding(10);
  clock.advance(120_000);
  finished();
  clock.advance(600_000);
  expect(times).toEqual([20, 65, 110]);
});

test('a message of a timer is hidden shortly from the start', () => {
  const { clock, times, finished } = hiding(60_000);
  clock.advance(50_000);
  finished();
  expect(times).toEqual([0, 45]);
});
