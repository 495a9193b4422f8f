import { decideOrJoin } from '../../model/net/or-join.ts';
import type { Game, Move } from './game.ts';
import { type Counts, markings } from './marking.ts';
import { eagerSpots, fire, isEnabled, keyOf, takersOf } from './moves.ts';

export interface Exploration {
  /** Markings in which nothing can happen any more and tokens are left, the soonest first. */
  readonly dead: readonly Found[];
  /** Markings in which the scope ends by a `Succeed`, while others are on their way to the same one. */
  readonly overtaken: readonly (Found & { readonly by: string })[];
  /** OR-joins that could not be decided. */
  readonly undecided: ReadonlyMap<string, Found>;
  /** Whether the scope can end properly: without a token left, or by a `Succeed` or `Fail`. */
  readonly canEnd: boolean;
  /** False: there are more markings than were looked at. */
  readonly isComplete: boolean;
  readonly markings: number;
}

export interface Found {
  readonly tokens: Counts;
  /** The states that have started, in order. */
  readonly trace: readonly string[];
}

export interface Limits {
  readonly markings: number;
  /** Tokens in all markings that are made, those looked at already among them. */
  readonly made: number;
  /** In one spot. */
  readonly tokens: number;
  /** Of OR-joins' searches, in all. */
  readonly steps: number;
}

/** Goes through the markings of a scope, breadth first. */
export function explore(game: Game, limits: Limits): Exploration {
  const explorer = new Explorer(game, limits);
  return explorer.run();
}

class Explorer {
  readonly #game: Game;
  readonly #limits: Limits;
  readonly #markingOf: ReturnType<typeof markings>;
  readonly #takers: readonly (readonly Move[])[];
  /** Spots whose tokens may go on before anything else, for nothing else that happens depends on it. */
  readonly #eager: ReadonlySet<number>;
  readonly #finals = new Map<number, { readonly name: string; readonly isSuccess: boolean }>();
  readonly #seen = new Set<string>();
  readonly #work: Step[] = [];
  readonly #dead: Found[] = [];
  readonly #overtaken: (Found & { readonly by: string })[] = [];
  readonly #undecided = new Map<string, Found>();
  #stepsLeft: number;
  #made = 0;
  #canEnd = false;
  #isComplete = true;

  constructor(game: Game, limits: Limits) {
    this.#game = game;
    this.#limits = limits;
    this.#markingOf = markings(game);
    this.#stepsLeft = limits.steps;
    this.#takers = takersOf(game);
    this.#eager = eagerSpots(game, this.#takers);
    for (const { name, type } of game.scope.states.values()) {
      const inside = game.spots.get(name)?.inside;
      if (inside === undefined || (type !== 'Succeed' && type !== 'Fail')) continue;
      this.#finals.set(inside, { name, isSuccess: type === 'Succeed' });
    }
  }

  run(): Exploration {
    this.#visit(new Map(this.#game.initial), undefined, []);
    for (const step of this.#work) {
      if (this.#made > this.#limits.made) break;
      this.#expand(step);
    }
    if (this.#made > this.#limits.made) this.#isComplete = false;
    return {
      dead: this.#dead,
      overtaken: this.#overtaken,
      undecided: this.#undecided,
      canEnd: this.#canEnd,
      isComplete: this.#isComplete,
      markings: this.#seen.size,
    };
  }

  #expand(step: Step): void {
    const { tokens } = step;
    for (const spot of tokens.keys()) {
      const final = this.#finals.get(spot);
      if (final === undefined) continue;
      this.#canEnd = true;
      if (final.isSuccess && this.#comesAgain(final.name, tokens)) {
        this.#overtaken.push({ tokens, trace: traceOf(step), by: final.name });
      }
      return;
    }
    const ending = this.#endings(tokens);
    if (ending.length > 0) return this.#fireAll(ending, step);
    for (const spot of tokens.keys()) {
      if (this.#eager.has(spot)) return this.#fireAll(this.#takers[spot] ?? [], step);
    }
    const moves = [...this.#enabled(tokens), ...this.#orJoins(step)];
    if (moves.length > 0) this.#fireAll(moves, step);
    else this.#end(step);
  }

  #enabled(tokens: Counts): ReadonlySet<Move> {
    const enabled = new Set<Move>();
    for (const spot of tokens.keys()) {
      for (const move of this.#takers[spot] ?? []) if (isEnabled(move, tokens)) enabled.add(move);
    }
    return enabled;
  }

  /** Starts of a `Succeed` or `Fail`, which nobody outside can get ahead of. */
  #endings(tokens: Counts): readonly Move[] {
    if (this.#finals.size === 0) return [];
    const isEnding = ({ post }: Move) => [...post.keys()].some((spot) => this.#finals.has(spot));
    return [...this.#enabled(tokens)].filter(isEnding);
  }

  /** The starts of the OR-joins that are enabled. */
  #orJoins(step: Step): Move[] {
    const { scope, orJoins } = this.#game;
    const marked = orJoins.filter((name) => this.#isMarked(name, step.tokens));
    if (marked.length === 0) return [];
    const marking = this.#markingOf(step.tokens);
    return marked.flatMap((name) => {
      if (this.#stepsLeft <= 0) return [];
      const decision = decideOrJoin(scope, name, marking);
      this.#stepsLeft -= decision.steps;
      if (this.#stepsLeft <= 0) this.#isComplete = false;
      if (decision.kind === 'undecided' && !this.#undecided.has(name)) {
        this.#undecided.set(name, { tokens: step.tokens, trace: traceOf(step) });
      }
      return decision.kind === 'enabled' ? [this.#start(name, step.tokens)] : [];
    });
  }

  #start(name: string, tokens: Counts): Move {
    const own = this.#game.spots.get(name);
    const marked = [...(own?.arcs.values() ?? [])].filter((arc) => tokens.has(arc));
    const isTriggered = this.#game.scope.states.get(name)?.start?.trigger !== undefined;
    const into = own === undefined ? [] : [[isTriggered ? own.joined : own.inside, 1] as const];
    return {
      pre: new Map(marked.map((arc) => [arc, 1])),
      resets: new Set(),
      post: new Map(into),
      ...(isTriggered ? {} : { starts: name }),
    };
  }

  /** Nothing happens by itself: a tie between OR-joins is broken, or tokens are left for ever, or none are. */
  #end(step: Step): void {
    const { tokens } = step;
    const tied = this.#stepsLeft <= 0 ? undefined : this.#tied(tokens);
    if (tied !== undefined) this.#fireAll([this.#start(tied, tokens)], step);
    else if (![...tokens.keys()].some((spot) => spot < this.#game.rounds)) this.#canEnd = true;
    else if (this.#stepsLeft > 0) this.#dead.push({ tokens, trace: traceOf(step) });
  }

  #tied(tokens: Counts): string | undefined {
    return this.#game.orJoins.find((name) => this.#isMarked(name, tokens));
  }

  #isMarked(name: string, tokens: Counts): boolean {
    for (const arc of this.#game.spots.get(name)?.arcs.values() ?? []) if (tokens.has(arc)) return true;
    return false;
  }

  #fireAll(moves: readonly Move[], step: Step): void {
    for (const move of moves) {
      if (this.#made > this.#limits.made) this.#isComplete = false;
      else this.#visit(this.#fire(move, step.tokens), step, started(move));
    }
  }

  #fire(move: Move, before: Counts): Counts {
    const tokens = fire(move, before);
    this.#made += tokens.size + 1;
    return tokens;
  }

  /** Looks at a marking later, or at the next one that has more than one way to go on. */
  #visit(first: Counts, parent: Step | undefined, before: readonly string[]): void {
    const { markings, tokens: most } = this.#limits;
    let tokens = first;
    const names = [...before];
    for (let length = 0; length < this.#game.size; length += 1) {
      const only = this.#onlyMove(tokens);
      if (only === undefined) break;
      tokens = this.#fire(only, tokens);
      names.push(...started(only));
    }
    const isTooMuch = [...tokens.values()].some((count) => count > most);
    const key = keyOf(tokens);
    if (this.#seen.has(key)) return;
    if (isTooMuch || this.#seen.size >= markings) {
      this.#isComplete = false;
      return;
    }
    this.#seen.add(key);
    this.#work.push({ tokens, parent, started: names });
  }

  #onlyMove(tokens: Counts): Move | undefined {
    for (const spot of tokens.keys()) if (this.#finals.has(spot)) return undefined;
    for (const spot of tokens.keys()) {
      const [move, ...others] = this.#eager.has(spot) ? (this.#takers[spot] ?? []) : [];
      if (move !== undefined && others.length === 0) return move;
    }
    return undefined;
  }

  /** Whether another token is before the same state, or on a way to it. */
  #comesAgain(name: string, tokens: Counts): boolean {
    const inside = this.#game.spots.get(name)?.inside;
    if (inside === undefined) return false;
    const others = [...tokens].filter(([spot, count]) => spot < this.#game.rounds && (spot !== inside || count > 1));
    const reached = new Set(others.map(([spot]) => spot));
    for (const spot of reached) {
      for (const { post } of this.#takers[spot] ?? []) for (const next of post.keys()) reached.add(next);
    }
    return reached.has(inside);
  }
}

interface Step {
  readonly tokens: Counts;
  readonly parent: Step | undefined;
  /** The states that started since. */
  readonly started: readonly string[];
}

function traceOf(step: Step): readonly string[] {
  const names: string[] = [];
  for (let at: Step | undefined = step; at !== undefined; at = at.parent) {
    names.push(...at.started.toReversed());
  }
  return names.reverse();
}

function started({ starts }: Move): readonly string[] {
  return starts === undefined ? [] : [starts];
}
