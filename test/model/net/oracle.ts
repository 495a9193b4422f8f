import type { Json, JsonObject } from '../../../lib/model/json.ts';
import type { ExecutionState, Offer, ScopeState, Token } from '../../../lib/model/state.ts';
import { ACTIVITY } from '../scenario.ts';
import { BruteForce } from './brute-force.ts';
import { WORK_ITEM } from './desk.ts';
import type { Node } from './nets.ts';

/** `undefined` is no arc's source, `''` is `StartAt`. */
type Arc = string;
type States = Readonly<Record<string, JsonObject>>;

/** The rules of nets again, from the text of a definition, without regard to cost: what the core is compared with. */
export class Oracle {
  readonly #scopes: readonly JsonObject[];

  constructor(definition: JsonObject) {
    this.#scopes = scopesIn(definition);
  }

  /** What is wrong with a state in which everything has happened that can by itself. */
  complaints(state: ExecutionState): string[] {
    return [...state.scopes.values()].flatMap((scope) =>
      scope.net === undefined ? [] : new ScopeOracle(this.#docOf(state, scope), state, scope).complaints(),
    );
  }

  /** Groups of one mutex that are occupied at once. */
  collisions(state: ExecutionState): string[] {
    return [...state.scopes.values()].flatMap((scope) =>
      scope.net === undefined || scope.live === 0
        ? []
        : new ScopeOracle(this.#docOf(state, scope), state, scope).collisions(),
    );
  }

  /** Whether an OR-join may fire now; `undefined`: it is not known, or the state has none. */
  mayFire(state: ExecutionState, within: number, name: string): boolean | undefined {
    const scope = state.scopes.get(within);
    if (scope?.net === undefined) return undefined;
    return new ScopeOracle(this.#docOf(state, scope), state, scope).mayFire(name);
  }

  #docOf(state: ExecutionState, { id }: ScopeState): JsonObject {
    // Names are unique in the definition, and every scope that lives has something in it.
    const names = [
      ...[...state.tokens.values()].filter(({ scope }) => scope === id).map(({ to }) => to),
      ...[...state.activations.values()].filter(({ scope }) => scope === id).map((active) => active.state),
    ];
    const found = this.#scopes.find((doc) => Object.hasOwn(statesOf(doc), names[0] ?? ''));
    if (found === undefined) throw new Error(`Scope ${id} is empty.`);
    return found;
  }
}

class ScopeOracle {
  readonly #doc: JsonObject;
  readonly #states: States;
  readonly #state: ExecutionState;
  readonly #scope: ScopeState;
  readonly #tokens: readonly Token[];

  constructor(doc: JsonObject, state: ExecutionState, scope: ScopeState) {
    this.#doc = doc;
    this.#states = statesOf(doc);
    this.#state = state;
    this.#scope = scope;
    this.#tokens = (scope.net?.tokens ?? []).flatMap((id) => state.tokens.get(id) ?? []);
  }

  complaints(): string[] {
    const found = this.collisions();
    const offered = [...this.#state.offers.values()].filter(({ scope }) => scope === this.#scope.id);
    const expected: string[] = [];
    let waitsForEvent = false;
    for (const [name, doc] of Object.entries(this.#states)) {
      const starts = this.#starts(name);
      if (starts === undefined) {
        // Nobody knows about this join; what is offered is taken for granted.
        expected.push(...offered.filter((offer) => offer.state === name).map(keyOf));
        continue;
      }
      const open = this.#conditionsHold(name) ? starts : [];
      const joined = this.#joined(name).map((token) => [token]);
      const trigger = doc['Trigger'] as JsonObject | undefined;
      const ready = trigger === undefined ? open : this.#conditionsHold(name) ? joined.filter(([t]) => t?.event) : [];
      const awaiting = trigger === undefined ? [] : open.filter(([token]) => token?.event === undefined);
      if (awaiting.length > 0) waitsForEvent = true;
      if (this.#isOffered(name)) {
        expected.push(...ready.map((tokens) => keyOf({ state: name, tokens: tokens.map(({ id }) => id) })));
      } else if (trigger === undefined && open.length > 0) found.push(`'${name}' could start and waits.`);
      if (awaiting.length > 0 && trigger?.['Persistent'] !== false) {
        const kept = this.#state.events.some((event) => event.name === trigger?.['Event']);
        if (kept) found.push(`'${name}' waits for an event that is there.`);
      }
      found.push(...this.#roundComplaints(name));
    }
    const actual = offered.map(keyOf).sort();
    if (actual.join() !== expected.sort().join()) {
      found.push(`Offered is ${actual.join(', ')}; possible is ${expected.join(', ')}.`);
    }
    const isStuck = this.#scope.net?.activations.length === 0 && offered.length === 0 && !waitsForEvent;
    const knows = Object.keys(this.#states).every((name) => this.#starts(name) !== undefined);
    if (isStuck && knows) found.push('Nothing can happen any more.');
    return found;
  }

  collisions(): string[] {
    return Object.entries((this.#doc['Mutex'] ?? {}) as Record<string, Json[]>).flatMap(([name, groups]) => {
      const occupied = groups.filter((group) => this.#isOccupied([group].flat() as string[]));
      return occupied.length > 1 ? [`Mutex '${name}' is occupied by ${JSON.stringify(occupied)}.`] : [];
    });
  }

  #isOccupied(group: readonly string[]): boolean {
    const active = [...this.#state.activations.values()].filter(({ scope }) => scope === this.#scope.id);
    const runs = active.some(({ state, work }) => {
      const isKept = work.kind === 'items' && work.control?.released?.isLeft === true;
      return group.includes(state) && !isKept;
    });
    const isBetween = this.#tokens.some(({ from, to, resting, joined }) => {
      if (!group.includes(to)) return false;
      if (resting) return true;
      return (joined ?? [from ?? '']).some((source) => group.includes(source ?? ''));
    });
    return runs || isBetween;
  }

  #conditionsHold(name: string): boolean {
    const milestone = this.#states[name]?.['Milestone'];
    if (milestone !== undefined && !this.#tokens.some(({ to, resting }) => resting && to === milestone)) return false;
    return Object.values((this.#doc['Mutex'] ?? {}) as Record<string, Json[]>).every((groups) => {
      const all = groups.map((group) => [group].flat() as string[]);
      if (!all.some((group) => group.includes(name))) return true;
      return all.every((group) => group.includes(name) || !this.#isOccupied(group));
    });
  }

  #isOffered(name: string): boolean {
    const { Type, Resource, Trigger } = this.#states[name] ?? {};
    if (Type === 'Task') return Resource === WORK_ITEM || Resource === ACTIVITY;
    if (Type !== 'Wait' || Trigger !== undefined) return false;
    return this.#sources(name).some((source) => this.#states[source]?.['Type'] === 'Place');
  }

  /** Sources of the arcs into a state, in document order. */
  #sources(name: string): readonly Arc[] {
    const before = Object.entries(this.#states).filter(([, doc]) => targetsOf(doc).includes(name));
    return [...(this.#doc['StartAt'] === name ? [''] : []), ...before.map(([source]) => source)];
  }

  #waiting(name: string): readonly Token[] {
    return this.#tokens.filter(({ to, resting, joined }) => {
      if (joined !== undefined) return false;
      return resting ? targetsOf(this.#states[to] ?? {}).includes(name) : to === name;
    });
  }

  #joined(name: string): readonly Token[] {
    return this.#tokens.filter(({ to, joined }) => joined !== undefined && to === name);
  }

  /** What each start would take; `undefined`: it is not known. */
  #starts(name: string): readonly (readonly Token[])[] | undefined {
    const waiting = this.#waiting(name);
    const alone = this.#joined(name).map((token) => [token]);
    const join = this.#states[name]?.['Join'];
    if (join === undefined || join === 'any') return [...alone, ...waiting.map((token) => [token])];
    if (waiting.length === 0) return alone;
    const bySource = this.#sources(name).map((source) => waiting.filter((token) => arcOf(token) === source));
    if (join === 'all') {
      const rows = Math.min(...bySource.map(({ length }) => length));
      return [
        ...alone,
        ...Array.from({ length: rows }, (_, index) => bySource.flatMap((tokens) => tokens[index] ?? [])),
      ];
    }
    if (join === 'active') {
      const fires = this.mayFire(name);
      if (fires === undefined) return undefined;
      return fires ? [...alone, bySource.flatMap(([token]) => token ?? [])] : alone;
    }
    const { Threads } = join as JsonObject;
    if (Threads === undefined) return alone;
    const size = numberOf(Threads);
    const rows = Math.floor(waiting.length / size);
    return [...alone, ...Array.from({ length: rows }, (_, at) => waiting.slice(at * size, at * size + size))];
  }

  #roundComplaints(name: string): string[] {
    const join = this.#states[name]?.['Join'] as JsonObject | undefined;
    if (join?.['Count'] === undefined) return [];
    const marked = new Set(this.#waiting(name).map(arcOf));
    const arrived = this.#scope.net?.rounds[name]?.arrived;
    if (arrived === undefined && marked.size >= numberOf(join['Count'])) return [`'${name}' has its branches.`];
    const late = [...marked].filter((arc) => arrived !== undefined && !arrived.includes(arc === '' ? null : arc));
    return late.length > 0 ? [`'${name}' has not absorbed ${late.join(', ')}.`] : [];
  }

  mayFire(name: string): boolean | undefined {
    if (this.#states[name]?.['Join'] !== 'active') return undefined;
    if (this.#scope.net?.rounds[name]?.forced === true) return true;
    const nodes = Object.fromEntries(Object.entries(this.#states).map(([one, doc]) => [one, nodeOf(doc)]));
    const start = String(this.#doc['StartAt']);
    const spots = [
      ...this.#tokens.map(({ from, to, resting, joined }) =>
        joined !== undefined ? `=${to}` : resting ? to : `${from ?? ''}>${to}`,
      ),
      ...(this.#scope.net?.activations ?? []).flatMap((id) => {
        const active = this.#state.activations.get(id);
        const isLeft = active?.work.kind === 'items' && active.work.control?.released?.isLeft === true;
        return active === undefined || isLeft ? [] : [active.state];
      }),
    ];
    if (Object.keys(nodes)[0] !== start) return undefined;
    const decision = new BruteForce(nodes, name).decide(spots, { tokens: 8, markings: 300 });
    return decision === undefined ? undefined : decision === 'enabled';
  }
}

function statesOf(doc: JsonObject): States {
  return doc['States'] as unknown as States;
}

function scopesIn(doc: JsonObject): JsonObject[] {
  const inner = Object.values(statesOf(doc)).flatMap(({ Branches, ItemProcessor }) => [
    ...((Branches ?? []) as JsonObject[]),
    ...(ItemProcessor === undefined ? [] : [ItemProcessor as JsonObject]),
  ]);
  return [doc, ...inner.flatMap(scopesIn)];
}

function list(next: Json | undefined): string[] {
  return next === undefined ? [] : ([next].flat() as string[]);
}

function targetsOf({ Next, Default, Choices, Catch }: JsonObject): string[] {
  const rules = [...((Choices ?? []) as JsonObject[]), ...((Catch ?? []) as JsonObject[])];
  return [...list(Next), ...list(Default), ...rules.flatMap((rule) => list(rule['Next']))];
}

function arcOf({ from, to, resting }: Token): Arc {
  return resting ? to : (from ?? '');
}

/** A count, or an expression that is nothing but one. */
function numberOf(count: Json): number {
  return typeof count === 'number' ? count : Number.parseInt(String(count).replace('{%', ''), 10);
}

function keyOf({ state, tokens }: Pick<Offer, 'state' | 'tokens'>): string {
  return `${state}(${tokens.join(' ')})`;
}

function nodeOf(doc: JsonObject): Node {
  const join = doc['Join'] as Json;
  const catches = ((doc['Catch'] ?? []) as JsonObject[]).map((rule) => list(rule['Next']));
  const ways = [...((doc['Choices'] ?? []) as JsonObject[]).map((rule) => list(rule['Next']))];
  const fallback = list(doc['Default']);
  const trigger = (doc['Trigger'] as JsonObject | undefined)?.['Event'];
  return {
    ...(doc['Type'] === 'Choice'
      ? { ways: doc['Default'] === undefined ? ways : [...ways, fallback] }
      : { next: list(doc['Next']) }),
    ...(doc['Select'] === 'All' ? { selectsAll: true as const } : {}),
    ...(doc['Type'] === 'Place' ? { isPlace: true as const } : {}),
    ...(catches.length > 0 ? { catches } : {}),
    ...(typeof doc['Milestone'] === 'string' ? { milestone: doc['Milestone'] } : {}),
    ...(doc['Cancels'] === undefined ? {} : { cancels: list(doc['Cancels']) }),
    ...(typeof trigger === 'string' ? { trigger } : {}),
    ...joinOf(join),
  };
}

function joinOf(join: Json | undefined): Pick<Node, 'join'> {
  if (join === 'all' || join === 'active') return { join: { kind: join } };
  if (join === undefined || join === 'any' || join === null || typeof join !== 'object') return {};
  const { Count, Threads, Cancels } = join as JsonObject;
  if (Threads !== undefined) return { join: { kind: 'threads', count: numberOf(Threads) } };
  const cancels = Cancels === undefined ? {} : { cancels: list(Cancels) };
  return { join: { kind: 'count', count: numberOf(Count ?? 1), ...cancels } };
}
