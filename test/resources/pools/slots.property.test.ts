import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayHandOver, takeableSlots } from '../../../lib/resources/pools/slots.ts';

const used = fc.uniqueArray(fc.nat(12), { maxLength: 12 });
const limit = fc.nat(12);

/** One process: looks at the slots, and takes one of them later, by what it saw. */
interface Look {
  readonly takeable: readonly number[];
}

/** What may happen to a pool. Limits change only while nobody is between his look and his taking. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('look' as const), process: fc.nat(3) }),
  fc.record({ kind: fc.constant('take' as const), process: fc.nat(3), choice: fc.nat(50) }),
  fc.record({ kind: fc.constant('free' as const), choice: fc.nat(50) }),
  fc.record({ kind: fc.constant('limit' as const), limit }),
);

describe('The slots that may be taken', () => {
  test('are free, below the limit, and never so many that the limit is exceeded', () => {
    fc.assert(
      fc.property(limit, used, (max, taken) => {
        const free = takeableSlots(max, taken);
        expect(free.every((index) => index < max && !taken.includes(index))).toBe(true);
        expect(free).toEqual([...free].sort((a, b) => a - b));
        if (free.length > 0) expect(taken.length).toBeLessThan(max);
        // Where nobody holds more than the limit allows, every free slot may be taken.
        if (taken.every((index) => index < max)) expect(free).toHaveLength(max - taken.length);
      }),
    );
  });

  test('keep the limit whoever takes by what he saw before, in any order', () => {
    fc.assert(
      fc.property(limit, fc.array(step, { maxLength: 60 }), (first, steps) => {
        let max = first;
        const slots = new Set<number>();
        const looks = new Map<number, Look>();
        /** Those who had more than a lower limit allows when it was set. */
        let allowed = max;
        for (const now of steps) {
          switch (now.kind) {
            case 'look':
              looks.set(now.process, { takeable: takeableSlots(max, [...slots]) });
              break;
            case 'take': {
              const { takeable = [] } = looks.get(now.process) ?? {};
              const index = takeable[now.choice % Math.max(1, takeable.length)];
              // The write fails where the slot is used.
              if (index !== undefined && !slots.has(index)) {
                slots.add(index);
                expect(slots.size).toBeLessThanOrEqual(max);
              }
              looks.delete(now.process);
              break;
            }
            case 'free':
              slots.delete([...slots][now.choice % Math.max(1, slots.size)] ?? -1);
              break;
            case 'limit':
              looks.clear();
              max = now.limit;
              allowed = Math.max(max, slots.size);
          }
          expect(slots.size).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('may be handed on if they could be taken were they free', () => {
    fc.assert(
      fc.property(limit, used, fc.nat(12), (max, taken, index) => {
        const others = taken.filter((other) => other !== index);
        expect(mayHandOver(max, taken, index)).toBe(takeableSlots(max, others).includes(index));
      }),
    );
  });
});
