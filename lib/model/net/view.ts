import { CorruptLog } from '../errors.ts';
import { scope, scopePlan } from '../fold.ts';
import { isLeft } from '../item-control.ts';
import type { Source } from '../net-plan.ts';
import type { Plan, ScopePlan, StatePlan } from '../plan.ts';
import type { Activation, ExecutionState, NetState, ScopeState, Token } from '../state.ts';
import { type NetFacts, netFacts } from './facts.ts';
import { sourceOf } from './fold-net.ts';
import type { Marking } from './or-join.ts';

/** Where the tokens of one net are, by state; valid until the next event. */
export class NetView {
  readonly within: ScopeState;
  readonly plan: ScopePlan;
  readonly facts: NetFacts;
  readonly net: NetState;
  readonly #state: ExecutionState;
  readonly #waiting = new Map<string, Token[]>();
  readonly #joined = new Map<string, Token[]>();
  readonly #resting = new Map<string, Token[]>();
  /** Entered and not left, without Maps whose kept items run on. */
  readonly #running = new Map<string, number>();

  constructor(plan: Plan, state: ExecutionState, id: number) {
    this.within = scope(state, id);
    this.plan = scopePlan(plan, this.within.plan);
    const facts = netFacts(this.plan);
    const { net } = this.within;
    if (facts === undefined || net === undefined) throw new CorruptLog(`Scope ${id} is not a net.`);
    this.facts = facts;
    this.net = net;
    this.#state = state;
    for (const tokenId of net.tokens) {
      const token = state.tokens.get(tokenId);
      if (token !== undefined) this.#note(token);
    }
    for (const activationId of net.activations) {
      const active = state.activations.get(activationId);
      if (active !== undefined && !isLeft(active)) this.#run(active);
    }
  }

  #note(token: Token): void {
    if (token.joined !== undefined) push(this.#joined, token.to, token);
    else if (token.resting === true) {
      push(this.#resting, token.to, token);
      const place = this.plan.states.get(token.to);
      if (place?.type === 'Place') for (const next of new Set(place.next)) push(this.#waiting, next, token);
    } else push(this.#waiting, token.to, token);
  }

  #run({ state }: Activation): void {
    this.#running.set(state, (this.#running.get(state) ?? 0) + 1);
  }

  /** Tokens on the arcs into a state, in the order of arrival, those in places before it among them. */
  waiting(name: string): readonly Token[] {
    return this.#waiting.get(name) ?? NONE;
  }

  /** Tokens that start the state alone. */
  joined(name: string): readonly Token[] {
    return this.#joined.get(name) ?? NONE;
  }

  resting(place: string): readonly Token[] {
    return this.#resting.get(place) ?? NONE;
  }

  /** The distinct branches on which tokens wait before a state. */
  marked(name: string): ReadonlySet<Source> {
    return new Set(this.waiting(name).map(sourceOf));
  }

  sources(name: string): readonly Source[] {
    return this.facts.net.sources.get(name) ?? [];
  }

  /** States that have tokens before them, in document order. */
  fed(): readonly StatePlan[] {
    const names = new Set([...this.#waiting.keys(), ...this.#joined.keys()]);
    const { order } = this.facts;
    return [...names]
      .sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
      .flatMap((name) => this.plan.states.get(name) ?? []);
  }

  /** Whether a group of states of a mutex is occupied: one of them runs, or a token is on its way between two of them. */
  isOccupied(group: ReadonlySet<string>, members: Iterable<string> = group): boolean {
    for (const name of members) {
      if (this.#running.has(name) || this.#resting.has(name)) return true;
      if (this.waiting(name).some(({ resting, from }) => resting === undefined && isIn(group, from))) return true;
      if (this.joined(name).some(({ joined = [] }) => joined.some((source) => isIn(group, source)))) return true;
    }
    return false;
  }

  /** The states because of which a group of a mutex keeps a state from starting: they run, or have tokens on their way to them. */
  occupants(name: string): readonly string[] {
    const others = this.facts.net.mutexes
      .filter((groups) => groups.some((group) => group.has(name)))
      .flatMap((groups) => groups.filter((group) => !group.has(name) && this.isOccupied(group)));
    const busy = others.flatMap((group) => [...group].filter((member) => this.isOccupied(group, [member])));
    return [...new Set(busy)];
  }

  /** Whether what a state needs beside its tokens holds: its milestone, and that no other group of a mutex is occupied. */
  conditionsHold({ name, start }: StatePlan): boolean {
    if (start?.milestone !== undefined && this.resting(start.milestone).length === 0) return false;
    return this.facts.net.mutexes.every((groups) => {
      if (!groups.some((group) => group.has(name))) return true;
      return groups.every((group) => group.has(name) || !this.isOccupied(group));
    });
  }

  /** An event that waits for somebody, of that name. */
  keptEvent(name: string): string | undefined {
    return this.#state.events.find((event) => event.name === name)?.id;
  }

  marking(): Marking {
    const arcs = new Map<string, Map<Source, number>>();
    for (const [name, tokens] of this.#waiting) {
      const before = new Map<Source, number>();
      for (const token of tokens) if (token.resting === undefined) count(before, sourceOf(token));
      if (before.size > 0) arcs.set(name, before);
    }
    return { arcs, resting: sizes(this.#resting), busy: this.#running, joined: sizes(this.#joined) };
  }
}

const NONE: readonly Token[] = [];

function push(lists: Map<string, Token[]>, key: string, token: Token): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [token]);
  else list.push(token);
}

function isIn(group: ReadonlySet<string>, source: Source | undefined): boolean {
  return typeof source === 'string' && group.has(source);
}

function sizes(lists: ReadonlyMap<string, readonly Token[]>): ReadonlyMap<string, number> {
  return new Map([...lists].map(([name, list]) => [name, list.length]));
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
