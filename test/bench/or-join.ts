import { decideOrJoin, type Marking } from '../../lib/model/net/or-join.ts';
import { buildResetNet, type ResetNet, type Transition } from '../../lib/model/net/reset-net.ts';
import type { Source } from '../../lib/model/net-plan.ts';
import type { ScopePlan } from '../../lib/model/plan.ts';
import { type Node, netOf } from '../model/net/nets.ts';
import { round } from './figures.ts';
import type { Measurement } from './workloads.ts';

/**
 * What an OR-join costs as its net grows: random runs through generated nets of four shapes, and every decision that
 * they ask for. Nothing of the engine is in between, so the figures are those of the decision alone.
 */
export function* orJoinCurves(scale: number): Generator<readonly [string, Measurement]> {
  for (const [shape, build] of Object.entries(shapes)) {
    for (const size of [10, 25, 50, 100, 200]) {
      // Its decisions take ten thousand times as long.
      const runs = Math.ceil((shape === 'tangled' ? 1 : 200) * scale);
      yield [`${shape} ${size}`, measure(build(size), runs)];
    }
  }
}

type Nodes = Readonly<Record<string, Node>>;

const JOIN = 'Join';
const active = { kind: 'active' } as const;
const all = { kind: 'all' } as const;

const shapes: Readonly<Record<string, (size: number) => Nodes>> = {
  structured,
  loops,
  parallel,
  cancelling,
  tangled,
};

/** A multi-choice of branches, each a row of states, one of them a choice that may leave. */
function structured(size: number): Nodes {
  return withBranches(size, (_name, row, next) => (row === 1 ? { ways: [[next], ['Elsewhere']] } : { next: [next] }));
}

/** Every third state of a branch may go back to the one before or to itself, and the join to the multi-choice. */
function loops(size: number): Nodes {
  const nodes = withBranches(size, (name, row, next, before) =>
    row % 3 === 2 ? { ways: [[next], [before], [name]] } : { next: [next] },
  );
  return { ...nodes, [JOIN]: { join: active, ways: [['Pick'], []] } };
}

/** Branches of blocks that split in two, meet in an AND-join, and may start again; each third block can miss its join. */
function parallel(size: number): Nodes {
  const nodes: Record<string, Node> = { Begin: { next: ['Pick'] } };
  const count = branchesOf(size);
  const blocks = Math.max(1, Math.round((size - 4) / count / 5));
  const branches = Array.from({ length: count }, (_, index) => `B${index}_`);
  nodes['Pick'] = { selectsAll: true, ways: branches.map((branch) => [`${branch}0`]) };
  for (const branch of branches) {
    for (let block = 0; block < blocks; block += 1) {
      const name = `${branch}${block}`;
      const next = block + 1 === blocks ? JOIN : `${branch}${block + 1}`;
      nodes[name] = { next: [`${name}l`, `${name}r`] };
      nodes[`${name}l`] = { ways: [[`${name}m`], [`${name}l`]] };
      nodes[`${name}r`] = block % 3 === 1 ? { ways: [[`${name}m`], ['Elsewhere']] } : { next: [`${name}m`] };
      nodes[`${name}m`] = { join: all, next: [`${name}e`] };
      nodes[`${name}e`] = { ways: [[next], [name]] };
    }
  }
  return { ...nodes, [JOIN]: { join: active }, Elsewhere: {} };
}

/** Every second state withdraws what is in the neighbouring branch, one of them what waits before the join. */
function cancelling(size: number): Nodes {
  const count = branchesOf(size);
  return withBranches(size, (name, row, next) => {
    const neighbour = name.replace(/^B(\d+)/, (_, branch: string) => `B${(Number(branch) + 1) % count}`);
    const cancels = name === 'B0_1' ? [JOIN] : row % 2 === 1 ? [neighbour] : [];
    return { ways: row === 2 ? [[next], ['Elsewhere']] : [[next]], ...(cancels.length === 0 ? {} : { cancels }) };
  });
}

/** The worst: few tokens that may each go any of many ways, all of which an AND-join before the OR-join needs at once. */
function tangled(size: number): Nodes {
  const ways = Array.from({ length: size - 6 }, (_, index) => `W${index}`);
  return {
    Begin: { next: ['Other', 'Draw', 'Draw'] },
    Draw: { ways: ways.map((way) => [way]) },
    ...Object.fromEntries(ways.map((way) => [way, { ways: [['Meet'], ['Draw']] }])),
    Meet: { join: all, next: [JOIN] },
    Other: { next: [JOIN] },
    [JOIN]: { join: active },
    Elsewhere: {},
  };
}

function branchesOf(size: number): number {
  return Math.max(2, Math.round(Math.sqrt(size) / 1.5));
}

function withBranches(size: number, node: (name: string, row: number, next: string, before: string) => Node): Nodes {
  const count = branchesOf(size);
  const length = Math.max(2, Math.floor((size - 4) / count));
  const nodes: Record<string, Node> = {
    Begin: { next: ['Pick'] },
    Pick: { selectsAll: true, ways: Array.from({ length: count }, (_, index) => [`B${index}_0`]) },
  };
  for (let branch = 0; branch < count; branch += 1) {
    for (let row = 0; row < length; row += 1) {
      const next = row + 1 === length ? JOIN : `B${branch}_${row + 1}`;
      nodes[`B${branch}_${row}`] = node(`B${branch}_${row}`, row, next, `B${branch}_${Math.max(0, row - 1)}`);
    }
  }
  return { ...nodes, [JOIN]: { join: active }, Elsewhere: {} };
}

function measure(nodes: Nodes, runs: number): Measurement {
  const scope = netOf(nodes);
  const first = elapsed(() => decideOrJoin(scope, JOIN, EMPTY));
  const times: number[] = [];
  let searched = 0;
  let mostSteps = 0;
  let undecided = 0;
  for (const marking of markingsBefore(scope, runs)) {
    let decision = decideOrJoin(scope, JOIN, marking);
    times.push(elapsed(() => (decision = decideOrJoin(scope, JOIN, marking))) * 1000);
    if (decision.steps > 0) searched += 1;
    if (decision.kind === 'undecided') undecided += 1;
    mostSteps = Math.max(mostSteps, decision.steps);
  }
  times.sort((a, b) => a - b);
  return {
    states: scope.states.size,
    decisions: times.length,
    'first ms': round(first),
    'p50 µs': round(times[Math.floor(times.length / 2)] ?? 0),
    'p99 µs': round(times[Math.floor(times.length * 0.99)] ?? 0),
    'max µs': round(times.at(-1) ?? 0),
    searched,
    'most steps': mostSteps,
    undecided,
  };
}

const EMPTY: Marking = { arcs: new Map(), resting: new Map(), busy: new Map(), joined: new Map() };

function elapsed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** The markings of random runs in which a token waits before the join, each run until nothing can happen or 2,000 steps; 5,000 of them at most. */
function* markingsBefore(scope: ScopePlan, runs: number): Generator<Marking> {
  const net = buildResetNet(scope, JOIN);
  const start = net.spots.get(scope.startAt)?.arcs.get(null) ?? 0;
  const inputs = [...(net.spots.get(JOIN)?.arcs.values() ?? [])];
  const draw = drawing();
  let left = runs * 25;
  for (let run = 0; run < runs; run += 1) {
    const tokens = new Map([[start, 1]]);
    for (let step = 0; step < 2000; step += 1) {
      const possible = net.transitions.filter(({ pre }) =>
        [...pre].every(([spot, weight]) => (tokens.get(spot) ?? 0) >= weight),
      );
      const chosen = possible[draw(possible.length)];
      if (chosen === undefined) break;
      fire(chosen, tokens);
      if (!inputs.some((spot) => tokens.has(spot))) continue;
      if (left === 0) return;
      left -= 1;
      yield markingOf(net, tokens);
    }
  }
}

function fire({ pre, resets, post }: Transition, tokens: Map<number, number>): void {
  const add = (spot: number, weight: number) => {
    const count = (tokens.get(spot) ?? 0) + weight;
    if (count === 0) tokens.delete(spot);
    else tokens.set(spot, count);
  };
  for (const [spot, weight] of pre) add(spot, -weight);
  for (const spot of resets) tokens.delete(spot);
  for (const [spot, weight] of post) add(spot, weight);
}

function markingOf({ spots }: ResetNet, tokens: ReadonlyMap<number, number>): Marking {
  const arcs = new Map<string, Map<Source, number>>();
  const busy = new Map<string, number>();
  const joined = new Map<string, number>();
  for (const [name, own] of spots) {
    const waiting = [...own.arcs].flatMap(([source, spot]): [Source, number][] => {
      const count = tokens.get(spot);
      return count === undefined ? [] : [[source, count]];
    });
    if (waiting.length > 0) arcs.set(name, new Map(waiting));
    const inside = tokens.get(own.inside);
    if (inside !== undefined) busy.set(name, inside);
    const alone = tokens.get(own.joined);
    if (alone !== undefined) joined.set(name, alone);
  }
  return { arcs, resting: new Map(), busy, joined };
}

/** The same numbers in every run of the benchmark (Park and Miller 1988). */
function drawing(): (below: number) => number {
  let seed = 20_261_123;
  return (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return below === 0 ? 0 : seed % below;
  };
}
