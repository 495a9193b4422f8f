import {
  clearedByJoin,
  ends,
  numberSpots,
  type Spots,
  type Transition,
  transition,
} from '../../model/net/reset-net.ts';
import type { JoinPlan } from '../../model/net-plan.ts';
import type { ScopePlan, StatePlan, Targets } from '../../model/plan.ts';

/** A move of the token game of a scope; `starts`: the state that starts with it. */
export interface Move extends Transition {
  readonly starts?: string;
}

/**
 * What tokens can do in a scope, move by move, as the engine would have it. Data are not known, so each way of a
 * Choice, each catcher and each event may come; mutexes are left out, for they only delay. Rounds of joins that count
 * are spots too. The starts of OR-joins are not among the moves, for a marking as a whole decides them.
 */
export interface Game {
  readonly scope: ScopePlan;
  readonly spots: Spots;
  readonly size: number;
  readonly moves: readonly Move[];
  readonly orJoins: readonly string[];
  /** The marking that the scope begins with. */
  readonly initial: readonly (readonly [number, number])[];
  /** Spots below this are those of tokens; the others keep the rounds of joins. */
  readonly rounds: number;
}

/** Ways to fire a join, or to leave a Choice, beyond which a scope is not looked at. */
const MOST_WAYS = 100;

/** `undefined`: some state has too many ways to go on. `defaults`: the Choices that have a `Default`. */
export function gameOf(scope: ScopePlan, defaults: ReadonlySet<string>): Game | undefined {
  const { spots, size } = numberSpots(scope);
  const draft: Draft = { spots, size, rounds: new Map(), moves: [], isTooMuch: false };
  const states = [...scope.states.values()];
  for (const state of states) numberRound(state, draft);
  for (const state of states) {
    addStarts(state, draft);
    for (const end of ends(state, spots, waysOf(state, defaults, draft))) {
      draft.moves.push(end.resets.size === 0 ? end : renewing(end, state.cancels ?? [], draft));
    }
  }
  if (draft.isTooMuch) return undefined;
  const start = spots.get(scope.startAt)?.arcs.get(null);
  const ready = [...draft.rounds.values()].map((round) => round.ready);
  return {
    scope,
    spots,
    size: draft.size,
    moves: draft.moves,
    orJoins: states.filter((state) => state.start?.join?.kind === 'active').map(({ name }) => name),
    initial: [...(start === undefined ? [] : [start]), ...ready].map((spot) => [spot, 1]),
    rounds: size,
  };
}

interface Draft {
  readonly spots: Spots;
  size: number;
  /** Of joins that absorb, by state. */
  readonly rounds: Map<string, Round>;
  readonly moves: Move[];
  isTooMuch: boolean;
}

/**
 * From `ready`, so many arcs make one token, and every other arc is due; what comes there is absorbed. When all arcs are
 * back, the next round is ready.
 */
interface Round {
  readonly ready: number;
  readonly back: number;
  /** By arc. */
  readonly due: ReadonlyMap<number, number>;
}

function numberRound({ name, start }: StatePlan, draft: Draft): void {
  const join = start?.join;
  if (join?.kind !== 'count' || join.cancels !== undefined) return;
  const arcs = [...(draft.spots.get(name)?.arcs.values() ?? [])];
  const ready = draft.size;
  draft.rounds.set(name, {
    ready,
    back: ready + 1,
    due: new Map(arcs.map((arc, index) => [arc, ready + 2 + index])),
  });
  draft.size += 2 + arcs.length;
}

/** The rounds of joins in states that are cancelled start afresh. */
function renewing(move: Transition, cancelled: readonly string[], { rounds }: Draft): Transition {
  const renewed = cancelled.flatMap((name) => rounds.get(name) ?? []);
  if (renewed.length === 0) return move;
  return {
    pre: move.pre,
    resets: new Set([...move.resets, ...renewed.flatMap(({ ready, back, due }) => [ready, back, ...due.values()])]),
    post: new Map([...move.post, ...renewed.map(({ ready }) => [ready, 1] as const)]),
  };
}

function addStarts({ name, type, start }: StatePlan, draft: Draft): void {
  const own = draft.spots.get(name);
  if (own === undefined) return;
  const milestone = start?.milestone === undefined ? undefined : draft.spots.get(start.milestone)?.inside;
  const starts = type === 'Place' ? {} : { starts: name };
  draft.moves.push({ ...transition([own.joined], [own.inside], [], milestone), ...starts });
  const arcs = [...own.arcs.values()];
  const isTriggered = start?.trigger !== undefined;
  for (const taken of consumptions(arcs, start?.join, draft)) {
    if (isTriggered) draft.moves.push(transition(taken, [own.joined], [], milestone));
    else draft.moves.push({ ...transition(taken, [own.inside], [], milestone), ...starts });
  }
  if (start?.join?.kind === 'count') addRounds(name, arcs, start.join, draft);
}

/** What a start may take, where it takes it itself. */
function consumptions(
  arcs: readonly number[],
  join: JoinPlan | undefined,
  draft: Draft,
): readonly (readonly number[])[] {
  switch (join?.kind) {
    case undefined:
      return arcs.map((arc) => [arc]);
    case 'all':
      return arcs.length === 0 ? [] : [arcs];
    case 'threads':
      return threadsOf(arcs, join, draft);
    case 'active':
    case 'count':
      return [];
  }
}

/** All ways to take so many tokens from the arcs. What an expression will say is not known: any one token is enough. */
function threadsOf(arcs: readonly number[], join: Extract<JoinPlan, { kind: 'threads' }>, draft: Draft): number[][] {
  const count = typeof join.count === 'number' ? join.count : 1;
  if (arcs.length === 0) return [];
  if (count > MOST_WAYS) draft.isTooMuch = true;
  let found: number[][] = [[]];
  for (let taken = 0; taken < count; taken += 1) {
    found = found.flatMap((some) => arcs.filter((arc) => arc >= (some.at(-1) ?? 0)).map((arc) => [...some, arc]));
    if (found.length > MOST_WAYS) draft.isTooMuch = true;
    if (draft.isTooMuch) return [];
  }
  return found;
}

type CountJoin = Extract<JoinPlan, { kind: 'count' }>;

function addRounds(name: string, arcs: readonly number[], { count, cancels }: CountJoin, draft: Draft): void {
  const joined = draft.spots.get(name)?.joined;
  if (joined === undefined) return;
  const round = draft.rounds.get(name);
  const sets = subsets(arcs, count, draft);
  if (round === undefined) {
    const resets = clearedByJoin(name, cancels ?? [], draft.spots);
    for (const taken of sets) draft.moves.push(renewing(transition(taken, [joined], resets), cancels ?? [], draft));
    return;
  }
  const { ready, back, due } = round;
  for (const taken of sets) {
    const others = arcs.filter((arc) => !taken.includes(arc)).flatMap((arc) => due.get(arc) ?? []);
    draft.moves.push(transition([...taken, ready], [joined, ...others, ...taken.map(() => back)], []));
  }
  for (const [arc, owed] of due) draft.moves.push(transition([arc, owed], [back], []));
  if (arcs.length > 0)
    draft.moves.push(
      transition(
        arcs.map(() => back),
        [ready],
        [],
      ),
    );
}

/** The sets of so many arcs; of any number of them, where an expression says how many. */
function subsets(arcs: readonly number[], count: CountJoin['count'], draft: Draft): number[][] {
  let found: number[][] = [[]];
  for (const arc of arcs) {
    const isOpen = (some: readonly number[]) => typeof count !== 'number' || some.length < count;
    found = [...found, ...found.filter(isOpen).map((some) => [...some, arc])];
    if (found.length > 50 * MOST_WAYS) draft.isTooMuch = true;
    if (draft.isTooMuch) return [];
  }
  const wanted = found.filter(({ length }) => (typeof count === 'number' ? length === count : length > 0));
  if (wanted.length > MOST_WAYS) draft.isTooMuch = true;
  return wanted;
}

/** With `Select: All`, every set of rules may match, or else the `Default`, which comes last. */
function waysOf(state: StatePlan, defaults: ReadonlySet<string>, draft: Draft): readonly Targets[] {
  if (state.type !== 'Choice') return [];
  if (state.selectsAll !== true) return distinct(state.ways);
  const hasDefault = defaults.has(state.name);
  const rules = hasDefault ? state.ways.slice(0, -1) : state.ways;
  if (2 ** rules.length > 3 * MOST_WAYS) {
    draft.isTooMuch = true;
    return [];
  }
  let found: Targets[] = [[]];
  for (const rule of rules) found = [...found, ...found.map((some) => [...some, ...rule])];
  return distinct([...found.slice(1), ...(hasDefault ? state.ways.slice(-1) : [])]);
}

function distinct(ways: readonly Targets[]): readonly Targets[] {
  return [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()];
}
