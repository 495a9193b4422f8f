import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import { LeasedBucket } from '../../../lib/execution/rates/leased-bucket.ts';
import { OwnBucketRecord } from '../../../lib/execution/rates/stored-bucket.ts';
import type { Rate } from '../../../lib/resilience/token-bucket.ts';
import { excess, Processes } from './simulated-processes.ts';

const rates: fc.Arbitrary<Rate> = fc.record({
  rate: fc.oneof(fc.constantFrom(0.5, 1, 3), fc.integer({ min: 10, max: 400 })),
  burst: fc.integer({ min: 1, max: 60 }),
});

const asked = fc.array(
  fc.record({ pause: fc.integer({ min: 0, max: 120 }), by: fc.nat(3), n: fc.integer({ min: 1, max: 12 }) }),
  {
    minLength: 5,
    maxLength: 60,
  },
);

describe('a limit that several processes share', () => {
  it('is kept by all of them together, in every window', async () => {
    await fc.assert(
      fc.asyncProperty(rates, asked, fc.integer(), fc.constantFrom(0, 0, 3, 20), async (rate, run, seed, delayMs) => {
        const processes = new Processes(seed);
        const { clock } = processes;
        const buckets = Array.from({ length: 4 }, () => {
          const record = processes.process(delayMs).recordOf('key:a');
          return new LeasedBucket({ record, clock, isShared: true });
        });
        const taken: number[] = [];
        const answers: Promise<void>[] = [];
        for (const { pause, by, n } of run) {
          clock.after(pause, () => {});
          await clock.run({ until: clock.now() + pause });
          for (let i = 0; i < n; i++) {
            const draw = buckets[by]?.take(rate) ?? Promise.reject(new Error('There are four.'));
            answers.push(
              draw.then(({ isTaken, waitMs }) => {
                if (isTaken) taken.push(clock.now());
                else expect(waitMs).toBeGreaterThan(0);
              }),
            );
          }
        }
        await clock.run();
        await Promise.all(answers);
        // A token is taken when the bucket is asked; the store answers up to four delays later.
        const late = { ...rate, burst: rate.burst + (delayMs * 4 * rate.rate) / 1000 };
        expect(excess(late, taken)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('costs few writes where many tokens are taken, and none where none are there', async () => {
    const processes = new Processes(1);
    const { clock } = processes;
    const { store, recordOf } = processes.process(0);
    const bucket = new LeasedBucket({ record: recordOf('key:a'), clock, isShared: true });
    const rate = { rate: 100, burst: 100 };
    let taken = 0;
    for (let i = 0; i < 1_000; i++) {
      await clock.run({ until: clock.now() + 10 });
      const draw = bucket.take(rate);
      await clock.run({ until: clock.now() });
      if ((await draw).isTaken) taken += 1;
    }
    expect(taken).toBe(1_000);
    expect(store.writes).toBeLessThan(120);
    const { writes } = store;
    const once = { rate: 0.001, burst: 1 };
    const draws = [bucket.take(once)];
    await clock.run({ until: clock.now() });
    for (let i = 0; i < 50; i++) draws.push(bucket.take(once));
    await clock.run({ until: clock.now() });
    expect((await Promise.all(draws)).filter(({ isTaken }) => isTaken)).toHaveLength(0);
    expect(store.writes).toBe(writes);
  });
});

describe('a limit of one process', () => {
  it('gives all of its burst at once, then the rate, and tells when there is more', async () => {
    const clock = new SimulatedClock();
    const bucket = new LeasedBucket({ record: new OwnBucketRecord(clock), clock, isShared: false });
    const rate = { rate: 20, burst: 5 };
    const draws = await Promise.all(Array.from({ length: 8 }, () => bucket.take(rate)));
    expect(draws.map(({ isTaken }) => isTaken)).toEqual([true, true, true, true, true, false, false, false]);
    expect(draws[7]).toMatchObject({ waitMs: 50, left: 0, fullInMs: 250 });
    clock.advance(49);
    expect((await bucket.take(rate)).isTaken).toBe(false);
    clock.advance(1);
    expect((await bucket.take(rate)).isTaken).toBe(true);
    expect((await bucket.take(rate)).isTaken).toBe(false);
  });

  it('goes by a changed limit from the next request on', async () => {
    const clock = new SimulatedClock();
    const bucket = new LeasedBucket({ record: new OwnBucketRecord(clock), clock, isShared: false });
    expect((await bucket.take({ rate: 0.01, burst: 1 })).isTaken).toBe(true);
    expect((await bucket.take({ rate: 0.01, burst: 1 })).isTaken).toBe(false);
    expect((await bucket.take({ rate: 0.01, burst: 2 })).isTaken).toBe(true);
  });
});
