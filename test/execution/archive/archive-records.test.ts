import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import { ArchiveRecords } from '../../../lib/execution/archive/archive-records.ts';

const execution = 'arn:aws:states:eu-central-1:123456789012:execution:w:a';

test('A key is made once, is not destroyed while it is held, and none comes after it', async () => {
  const operation = fc.constantFrom('obtain', 'destroyKey', 'hold', 'release');
  await fc.assert(
    // Those of a round are on their way at the same time.
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      async (rounds) => {
        const clock = new SimulatedClock();
        const store = new MemoryKeyValueStore();
        const processes = [1, 2, 3, 4].map((seed) => new ArchiveRecords({ store, clock, ids: new SeededIds(seed) }));
        const keys = new Set<string>();
        let before = await processes[0]?.find(execution);
        for (const round of rounds) {
          clock.advance(1);
          const answers = await Promise.all(round.map((name, index) => processes[index]?.[name](execution)));
          for (const answer of answers) if (answer?.key !== undefined) keys.add(answer.key);
          expect(keys.size).toBeLessThanOrEqual(1);
          const after = await processes[0]?.find(execution);
          if (before?.destroyedAt !== undefined) {
            expect(after).toMatchObject({ destroyedAt: before.destroyedAt });
            expect(after?.key).toBeUndefined();
          }
          const wasHeldThroughout = before?.heldSince !== undefined && !round.includes('release');
          if (wasHeldThroughout) expect(after).toMatchObject({ ...before });
          if (round.includes('hold') && !round.includes('release')) expect(after?.heldSince).toBeDefined();
          if (round.includes('obtain')) expect(after?.key ?? after?.destroyedAt).toBeDefined();
          before = after;
        }
      },
    ),
    { numRuns: 300 },
  );
});
