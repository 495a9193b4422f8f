import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AllocationRequest } from '../../../lib/model/work-item.ts';
import { allocate, eligible, type Standing } from '../../../lib/resources/allocation/allocate.ts';
import type { Participant } from '../../../lib/resources/allocation/participant.ts';

const PEOPLE = ['anna', 'bert', 'carl', 'dora', 'emil'];
const ROLES = ['clerk', 'boss'];
const SKILLS = ['french', 'law'];

const directory: fc.Arbitrary<readonly Participant[]> = fc.uniqueArray(fc.constantFrom(...PEOPLE)).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        roles: fc.subarray(ROLES),
        capabilities: fc.subarray(SKILLS),
        available: fc.boolean(),
      }),
    ),
  ),
);

const request: fc.Arbitrary<AllocationRequest> = fc.record(
  {
    round: fc.nat(3),
    strategy: fc.constantFrom('offer', 'roundRobin', 'shortestQueue', 'random'),
    excluded: fc.subarray(PEOPLE),
    avoided: fc.subarray(PEOPLE),
    role: fc.constantFrom(...ROLES),
    capabilities: fc.subarray(SKILLS),
    candidates: fc.subarray(PEOPLE, { minLength: 1 }),
    familiar: fc.constantFrom(...PEOPLE),
  },
  { requiredKeys: ['round', 'strategy', 'excluded', 'avoided'] },
);

const standing: fc.Arbitrary<Standing> = fc.record({
  last: fc.constantFrom(...PEOPLE),
  queues: fc.array(fc.tuple(fc.constantFrom(...PEOPLE), fc.nat(4))).map((lengths) => new Map(lengths)),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

const namesOf = (allocation: ReturnType<typeof allocate>): readonly string[] =>
  'assignee' in allocation ? [allocation.assignee] : allocation.candidates;

/** The rule, person by person. */
function mayHave(id: string, wanted: AllocationRequest, known: readonly Participant[]): boolean {
  const one = known.find((participant) => participant.id === id);
  const { role, capabilities = [], candidates, excluded } = wanted;
  if (excluded.includes(id) || (candidates !== undefined && !candidates.includes(id))) return false;
  if (one === undefined) return candidates !== undefined && role === undefined && capabilities.length === 0;
  if (!one.available || (role !== undefined && !one.roles.includes(role))) return false;
  return capabilities.every((capability) => one.capabilities.includes(capability));
}

describe('an allocation', () => {
  test('is to those who may have the item, and to nobody only if there is none', () => {
    fc.assert(
      fc.property(request, directory, standing, (wanted, known, at) => {
        const names = namesOf(allocate(wanted, known, at));
        for (const name of names) expect(mayHave(name, wanted, known)).toBe(true);
        expect(names.length === 0).toBe(!PEOPLE.some((id) => mayHave(id, wanted, known)));
      }),
    );
  });

  test('passes by those who gave it back, where there is anybody else', () => {
    fc.assert(
      fc.property(request, directory, standing, (wanted, known, at) => {
        const isElse = PEOPLE.some((id) => mayHave(id, wanted, known) && !wanted.avoided.includes(id));
        fc.pre(isElse);
        for (const name of namesOf(allocate(wanted, known, at))) expect(wanted.avoided).not.toContain(name);
      }),
    );
  });

  test('goes to the familiar one, if that one may have it', () => {
    fc.assert(
      fc.property(request, directory, standing, (wanted, known, at) => {
        const { familiar } = wanted;
        fc.pre(familiar !== undefined && eligible(wanted, known).includes(familiar));
        expect(allocate(wanted, known, at)).toEqual({ assignee: familiar });
      }),
    );
  });

  test('is the same for the same arguments, in whatever order the directory is', () => {
    fc.assert(
      fc.property(request, directory, standing, (wanted, known, at) => {
        expect(allocate(wanted, [...known].reverse(), at)).toEqual(allocate(wanted, known, at));
      }),
    );
  });

  test('by the shortest queue goes to one who has least to do', () => {
    fc.assert(
      fc.property(request, directory, standing, ({ familiar: _none, ...wanted }, known, at) => {
        const able = eligible(wanted, known);
        fc.pre(able.length > 0);
        const [chosen = ''] = namesOf(allocate({ ...wanted, strategy: 'shortestQueue' }, known, at));
        const least = Math.min(...able.map((id) => at.queues?.get(id) ?? 0));
        expect(at.queues?.get(chosen) ?? 0).toBe(least);
      }),
    );
  });

  test('in turns is even', () => {
    fc.assert(
      fc.property(request, directory, fc.integer({ min: 1, max: 40 }), (given, known, rounds) => {
        const { familiar: _none, ...wanted } = { ...given, strategy: 'roundRobin' as const };
        const able = eligible(wanted, known);
        fc.pre(able.length > 0);
        const counts = new Map(able.map((id) => [id, 0]));
        let last: string | undefined;
        for (let i = 0; i < rounds; i += 1) {
          [last = ''] = namesOf(allocate(wanted, known, last === undefined ? {} : { last }));
          counts.set(last, (counts.get(last) ?? 0) + 1);
        }
        expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});
