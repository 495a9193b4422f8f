import { describe, expect, test } from 'vitest';
import { SeededIds } from '../../../lib/adapters/memory/index.ts';
import { SystemIds } from '../../../lib/adapters/system/index.ts';
import type { Ids } from '../../../lib/ports/clock.ts';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const all: readonly (readonly [string, () => Ids])[] = [
  ['SystemIds', () => new SystemIds()],
  ['SeededIds', () => new SeededIds(42)],
];

describe.each(all)('%s', (_, make) => {
  test('gives unsigned 32-bit integers that use every bit and hardly repeat', () => {
    const ids = make();
    const values = Array.from({ length: 5_000 }, () => ids.random32());
    expect(values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
    // 5,000 of 2^32: three repetitions are expected once in a billion runs.
    expect(new Set(values).size).toBeGreaterThan(4_996);
    for (let bit = 0; bit < 32; bit += 1) {
      const ones = values.filter((value) => (value >>> bit) & 1).length;
      expect(Math.abs(ones - 2_500), `bit ${bit}`).toBeLessThan(300);
    }
  });

  test('gives UUIDs of version 4, all different', () => {
    const ids = make();
    const uuids = Array.from({ length: 1_000 }, () => ids.uuid());
    for (const uuid of uuids) expect(uuid).toMatch(UUID_4);
    expect(new Set(uuids).size).toBe(1_000);
  });
});

test('a seed gives the same ids each time, another seed others', () => {
  const ids = (seed: number) => {
    const source = new SeededIds(seed);
    return [source.random32(), source.uuid(), source.random32()];
  };
  expect(ids(7)).toEqual(ids(7));
  expect(ids(7)).not.toEqual(ids(8));
});
