import fc from 'fast-check';
import { expect, it } from 'vitest';
import { searchBackward, sparse } from '../../../lib/model/net/coverability.ts';
import { decideOrJoin, type Marking } from '../../../lib/model/net/or-join.ts';
import { buildResetNet } from '../../../lib/model/net/reset-net.ts';
import type { JoinPlan, Source } from '../../../lib/model/net-plan.ts';
import type { ScopePlan } from '../../../lib/model/plan.ts';
import { BruteForce } from './brute-force.ts';
import { marking, type Node, netOf } from './nets.ts';

const JOIN = 'J';

interface Case {
  readonly nodes: Readonly<Record<string, Node>>;
  readonly tokens: readonly string[];
}

/** Nets of up to `most` states around one OR-join that tokens wait before, with everything a net can have. */
function cases(most: number): fc.Arbitrary<Case> {
  return fc
    .record({ inner: fc.integer({ min: 2, max: most - 1 }), places: fc.integer({ min: 0, max: 1 }) })
    .chain(({ inner, places }) => {
      const names = Array.from({ length: inner }, (_, index) =>
        index > inner - 1 - places ? `P${index}` : `S${index}`,
      );
      const all = [...names, JOIN];
      const some = (max: number) => fc.uniqueArray(fc.constantFrom(...all), { maxLength: max });
      return fc
        .tuple(...all.map((name) => node(name, all, some)))
        .map((nodes) => Object.fromEntries(all.map((name, index) => [name, nodes[index] ?? {}])))
        .chain((nodes) => tokensOf(nodes).map((tokens) => ({ nodes, tokens })));
    });
}

function node(name: string, all: readonly string[], some: (max: number) => fc.Arbitrary<string[]>): fc.Arbitrary<Node> {
  const target = fc.constantFrom(...all);
  if (name.startsWith('P')) return some(2).map((next) => ({ isPlace: true as const, next }));
  const places = all.filter((other) => other.startsWith('P'));
  const next = fc.oneof(
    fc.array(target, { maxLength: 3 }).map((targets) => ({ next: targets })),
    fc.array(some(2), { minLength: 1, maxLength: 3 }).map((ways) => ({ ways })),
    fc.array(some(2), { minLength: 1, maxLength: 3 }).map((ways) => ({ ways, selectsAll: true as const })),
    fc.record({ next: some(2), catches: fc.array(some(2), { maxLength: 1 }) }),
  );
  const join = fc.oneof<fc.Arbitrary<JoinPlan>[]>(
    fc.constant({ kind: 'all' as const }),
    fc.constant({ kind: 'active' as const }),
    fc.constant({ kind: 'threads' as const, count: 2 }),
    fc.constant({ kind: 'count' as const, count: 1 }),
    some(2).map((cancels) => ({ kind: 'count' as const, count: 1, cancels })),
  );
  const start = fc.record(
    {
      join: name === JOIN ? fc.constant({ kind: 'active' as const }) : join,
      cancels: some(2),
      trigger: fc.constant('go'),
      ...(places.length === 0 ? {} : { milestone: fc.constantFrom(...places) }),
    },
    { requiredKeys: name === JOIN ? ['join'] : [] },
  );
  return fc.tuple(next, start).map(([targets, conditions]) => ({ ...targets, ...conditions }));
}

/** Where a token can be, before the join first of all. */
function tokensOf(nodes: Readonly<Record<string, Node>>): fc.Arbitrary<string[]> {
  const names = Object.keys(nodes);
  const spots = names.flatMap((name) => {
    const { next = [], ways = [], catches = [], isPlace } = nodes[name] ?? {};
    const targets = [...new Set([...next, ...ways.flat(), ...catches.flat()])];
    return isPlace ? [name] : [name, `=${name}`, ...targets.map((target) => `${name}>${target}`)];
  });
  const before = spots.filter((spot) => spot.endsWith(`>${JOIN}`));
  const anywhere = fc.array(fc.constantFrom(...spots), { maxLength: 3 });
  if (before.length === 0) return anywhere;
  return fc.tuple(fc.constantFrom(...before), anywhere).map(([first, others]) => [first, ...others]);
}

it('decides as an exhaustive search of what can happen does', () => {
  const outcomes = { enabled: 0, waits: 0, open: 0 };
  fc.assert(
    fc.property(cases(6), ({ nodes, tokens }) => {
      const scope = netOf(nodes);
      const expected = new BruteForce(nodes, JOIN).decide(tokens, { tokens: 7, markings: 400 });
      outcomes[expected ?? 'open'] += 1;
      if (expected === undefined) return;
      expect(decideOrJoin(scope, JOIN, marking(scope, ...tokens)).kind).toBe(expected);
    }),
    { numRuns: 40000 },
  );
  // The property says something only where the exhaustive search comes to an end.
  expect(outcomes.enabled).toBeGreaterThan(300);
  expect(outcomes.waits).toBeGreaterThan(300);
});

it('decides as the bare search on the whole net does', () => {
  let decided = 0;
  fc.assert(
    fc.property(cases(10), ({ nodes, tokens }) => {
      const scope = netOf(nodes);
      const before = marking(scope, ...tokens);
      const expected = bareDecision(scope, before);
      const { kind } = decideOrJoin(scope, JOIN, before);
      if (expected === undefined || kind === 'undecided') return;
      decided += 1;
      expect(kind).toBe(expected);
    }),
    { numRuns: 20000 },
  );
  expect(decided).toBeGreaterThan(1000);
});

function bareDecision(scope: ScopePlan, before: Marking): 'enabled' | 'waits' | undefined {
  const net = buildResetNet(scope, JOIN);
  const tokens = new Map<number, number>();
  const add = (spot: number | undefined, count: number) => {
    if (spot !== undefined) tokens.set(spot, (tokens.get(spot) ?? 0) + count);
  };
  for (const [state, arcs] of before.arcs) {
    for (const [source, count] of arcs) add(net.spots.get(state)?.arcs.get(source), count);
  }
  for (const [state, count] of [...before.busy, ...before.resting]) add(net.spots.get(state)?.inside, count);
  for (const [state, count] of before.joined) add(net.spots.get(state)?.joined, count);
  const arcs: readonly [Source, number][] = [...(net.spots.get(JOIN)?.arcs ?? [])];
  const inputs = arcs.map(([, spot]) => spot);
  const marked = inputs.filter((spot) => (tokens.get(spot) ?? 0) > 0);
  if (marked.length === 0) return 'waits';
  const targets = inputs
    .filter((spot) => !marked.includes(spot))
    .map((spot) => sparse(new Map([...marked, spot].map((each) => [each, 1]))));
  const { isCoverable } = searchBackward({
    givers: (spot) => net.transitions.filter(({ post }) => post.has(spot)),
    tokens: (spot) => tokens.get(spot) ?? 0,
    isReachable: () => true,
    targets,
    budget: 2000,
  });
  if (isCoverable === undefined) return undefined;
  return isCoverable ? 'waits' : 'enabled';
}
