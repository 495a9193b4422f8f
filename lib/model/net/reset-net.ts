import type { Source } from '../net-plan.ts';
import type { ScopePlan, StatePlan, Targets } from '../plan.ts';

/**
 * A scope as a reset net, with one OR-join taken out or none: what tokens can do while that join does not fire. It takes part
 * in more runs than the scope has, never in fewer: data decide nothing, mutexes and events hold nobody back, joins that
 * count and other OR-joins fire at any token. So nothing that can still come is overlooked.
 */
export interface ResetNet {
  readonly spots: ReadonlyMap<string, StateSpots>;
  /** Spots are numbered from 0. */
  readonly size: number;
  readonly transitions: readonly Transition[];
}

/** Where tokens of a state can be; a token that can be nowhere else is not in the net. */
export interface StateSpots {
  /** Running in it; of a Place: resting in it, which is also to wait on every arc out of it. */
  readonly inside: number;
  /** Made of other tokens by a join or an event; it starts the state alone. */
  readonly joined: number;
  /** Waiting on an arc into it, by where the arc begins. */
  readonly arcs: ReadonlyMap<Source, number>;
}

/** How many tokens, by spot. */
export type Weights = ReadonlyMap<number, number>;

/** Takes tokens, then empties some spots, then puts tokens. A spot that is only tested is in both lists. */
export interface Transition {
  readonly pre: Weights;
  readonly resets: ReadonlySet<number>;
  readonly post: Weights;
  /** The OR-join whose start it is. */
  readonly startOf?: string;
}

/** `without`: the OR-join that is taken out. */
export function buildResetNet(scope: ScopePlan, without?: string): ResetNet {
  const { spots, size } = numberSpots(scope);
  const transitions: Transition[] = [];
  for (const state of scope.states.values()) {
    if (state.type === 'Succeed' || state.type === 'Fail') continue;
    transitions.push(...starts(state, spots, state.name === without), ...ends(state, spots));
  }
  return { spots, size, transitions };
}

export function numberSpots({ states, net }: ScopePlan): Pick<ResetNet, 'spots' | 'size'> {
  let size = 0;
  const next = () => size++;
  const bases = new Map([...states.keys()].map((name) => [name, { inside: next(), joined: next() }]));
  const spots = new Map<string, StateSpots>();
  for (const [name, base] of bases) {
    const arcs = (net?.sources.get(name) ?? []).map((source): [Source, number] => {
      const place = source !== null && states.get(source)?.type === 'Place' ? bases.get(source) : undefined;
      return [source, place?.inside ?? next()];
    });
    spots.set(name, { ...base, arcs: new Map(arcs) });
  }
  return { spots, size };
}

export type Spots = ResetNet['spots'];

function starts({ name, start }: StatePlan, spots: Spots, isTakenOut: boolean): Transition[] {
  const own = spots.get(name);
  if (own === undefined) return [];
  const join = start?.join;
  const milestone = start?.milestone === undefined ? undefined : spots.get(start.milestone)?.inside;
  const alone = transition([own.joined], [own.inside], [], milestone);
  if (isTakenOut) return [alone];
  const arcs = [...own.arcs.values()];
  // A join that counts, and an event, take the tokens before the state starts: the milestone is tested after that.
  const isEarly = join?.kind === 'count' || start?.trigger !== undefined;
  const [into, read] = isEarly ? [own.joined, undefined] : [own.inside, milestone];
  if (join?.kind === 'all') return arcs.length === 0 ? [alone] : [alone, transition(arcs, [into], [], read)];
  const resets = join?.kind === 'count' && join.cancels !== undefined ? clearedByJoin(name, join.cancels, spots) : [];
  const tag = join?.kind === 'active' ? { startOf: name } : {};
  return [alone, ...arcs.map((arc) => ({ ...transition([arc], [into], resets, read), ...tag }))];
}

/** A join that cancels empties all arcs into its state, whatever they begin at, and spares what it has started. */
export function clearedByJoin(name: string, cancels: readonly string[], spots: Spots): number[] {
  const others = cancels.filter((cancelled) => cancelled !== name);
  return [...cleared(others, spots), ...(spots.get(name)?.arcs.values() ?? [])];
}

/** The ends of a state, each with what it puts; `ways`: of a Choice, those that it may take. */
export function ends(state: StatePlan, spots: Spots, ways: readonly Targets[] = waysOf(state)): Transition[] {
  const inside = spots.get(state.name)?.inside;
  if (inside === undefined) return [];
  const resets = state.cancels === undefined ? [] : cleared(state.cancels, spots);
  const towards = (targets: Targets, emptied: readonly number[]) =>
    transition(
      [inside],
      targets.flatMap((target) => spots.get(target)?.arcs.get(state.name) ?? []),
      emptied,
    );
  switch (state.type) {
    case 'Pass':
    case 'Wait':
      return [towards(state.next, resets)];
    case 'Task':
    case 'Parallel':
    case 'Map':
      // A state that a catcher takes over from cancels nothing.
      return [towards(state.next, resets), ...state.catch.map(({ next }) => towards(next, []))];
    case 'Choice':
      return ways.map((way) => towards(way, resets));
    case 'Place':
    case 'Succeed':
    case 'Fail':
      return [];
  }
}

/** Selecting everything covers selecting less. */
function waysOf(state: StatePlan): readonly Targets[] {
  if (state.type !== 'Choice') return [];
  return state.selectsAll === true ? [state.ways.flat()] : state.ways;
}

/** Places before a state are emptied with it: their tokens wait on the arcs into it. */
export function cleared(names: readonly string[], spots: Spots): number[] {
  return names.flatMap((name) => {
    const own = spots.get(name);
    return own === undefined ? [] : [own.inside, own.joined, ...own.arcs.values()];
  });
}

export function transition(
  taken: readonly number[],
  put: readonly number[],
  resets: readonly number[],
  tested?: number,
): Transition {
  const pre = counted(taken);
  const post = counted(put);
  // The test comes before tokens are taken, so that the one that is taken is enough for it.
  if (tested !== undefined && !pre.has(tested)) {
    pre.set(tested, 1);
    post.set(tested, (post.get(tested) ?? 0) + 1);
  }
  return { pre, post, resets: new Set(resets) };
}

function counted(spots: readonly number[]): Map<number, number> {
  const weights = new Map<number, number>();
  for (const spot of spots) weights.set(spot, (weights.get(spot) ?? 0) + 1);
  return weights;
}
