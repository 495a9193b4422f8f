import { CorruptLog } from './errors.ts';
import type * as Event from './event.ts';
import { type At, activation, closeActivation, planOf, produce, scope, scopePlan } from './fold.ts';
import { childrenWithdrawn, mapRunResult } from './fold-map-run.ts';
import { resultsSoFar } from './item-control.ts';
import { isJsonArray, type Json } from './json.ts';
import { hasOffers, openNet } from './net/fold-net.ts';
import type { ItemsAdded } from './net-event.ts';
import type { Plan } from './plan.ts';
import type { ActivationId, ExecutionState, ScopeId } from './state.ts';

/** What the events of branches and items do to the state: scopes are opened, closed, and given up. */

export function branchesStarted(plan: Plan, state: ExecutionState, event: At<Event.BranchesStarted>): void {
  const active = activation(state, event.id);
  const statePlan = planOf(plan, state, active);
  if (statePlan.type !== 'Parallel')
    throw new CorruptLog(`State ${active.state} opened branches and is a ${statePlan.type}.`);
  const input = event.input === undefined ? active.input : event.input;
  const open = new Set<ScopeId>();
  state.nextId = Math.max(state.nextId, event.firstScope + statePlan.branches.length);
  statePlan.branches.forEach((branch, index) => {
    const id = event.firstScope + index;
    open.add(id);
    openScope(plan, state, {
      id,
      plan: branch,
      parent: { activation: active.id, index },
      input,
    });
  });
  active.work = {
    kind: 'branches',
    input,
    results: new Array<Json>(open.size).fill(null),
    open,
  };
}

export function itemsStarted(plan: Plan, state: ExecutionState, event: At<Event.ItemsStarted>): void {
  const active = activation(state, event.id);
  const statePlan = planOf(plan, state, active);
  const isControlled = statePlan.type === 'Map' && statePlan.control !== undefined;
  const items = event.items ?? active.input;
  if (!isJsonArray(items)) throw new CorruptLog(`The items of state ${active.state} are no array.`);
  active.work = {
    kind: 'items',
    items,
    maxConcurrency: event.maxConcurrency,
    toleratedCount: event.toleratedCount,
    next: 0,
    failed: 0,
    results: new Array<Json>(items.length).fill(null),
    open: new Set(),
    ...(isControlled
      ? { control: { completed: [], ...(event.enough === undefined ? {} : { count: event.enough }) } }
      : {}),
  };
}

export function itemsAdded(state: ExecutionState, event: At<ItemsAdded>): void {
  const { work } = activation(state, event.id);
  if (work.kind !== 'items') throw new CorruptLog(`Activation ${event.id} has no items to add to.`);
  work.items = [...work.items, ...event.items];
  for (const _item of event.items) work.results.push(null);
  state.requests.add(itemsRequest(event.request));
}

/** The id of a request for more items among those of all requests. */
export function itemsRequest(id: string): string {
  return `items ${id}`;
}

export function itemsReleased(state: ExecutionState, id: ActivationId): void {
  const { work } = activation(state, id);
  if (work.kind !== 'items' || work.control === undefined)
    throw new CorruptLog(`Activation ${id} has no items that could be left open.`);
  work.control.released = { result: resultsSoFar(work), isLeft: false };
}

export function itemStarted(plan: Plan, state: ExecutionState, event: At<Event.ItemStarted>): void {
  const active = activation(state, event.id);
  const statePlan = planOf(plan, state, active);
  const work = active.work;
  if (statePlan.type !== 'Map' || work.kind !== 'items')
    throw new CorruptLog(`State ${active.state} has no items to start.`);
  const input = event.input === undefined ? (work.items[event.index] ?? null) : event.input;
  work.next = event.index + 1;
  work.open.add(event.scope);
  const parent = { activation: active.id, index: event.index };
  openScope(plan, state, {
    id: event.scope,
    plan: statePlan.processor,
    parent,
    input,
  });
}

interface NewScope {
  readonly id: ScopeId;
  readonly plan: number;
  readonly parent: {
    readonly activation: ActivationId;
    readonly index: number;
  };
  readonly input: Json;
}

/** Opens a scope with one token on the arc into its start state. */
function openScope(plan: Plan, state: ExecutionState, opened: NewScope): void {
  const { id, parent } = opened;
  state.scopes.set(id, {
    id,
    plan: opened.plan,
    parent,
    variables: {},
    output: null,
    live: 0,
    entered: 0,
    ...openNet(plan, opened.plan),
  });
  state.nextId = Math.max(state.nextId, id + 1);
  produce(state, id, undefined, scopePlan(plan, opened.plan).startAt, opened.input);
}

export function scopeSucceeded(state: ExecutionState, id: ScopeId): void {
  const closed = scope(state, id);
  if (closed.parent !== undefined) {
    const { work } = activation(state, closed.parent.activation);
    if (work.kind === 'branches' || work.kind === 'items') work.results[closed.parent.index] = closed.output;
    if (work.kind === 'items') work.control?.completed.push(closed.parent.index);
  }
  scopeClosed(state, id);
}

export function scopeFailed(state: ExecutionState, event: At<Event.ScopeFailed>): void {
  const failed = scope(state, event.scope);
  if (failed.parent !== undefined) {
    const { work } = activation(state, failed.parent.activation);
    if (work.kind === 'items') work.failed += 1;
  }
  // The state that failed is known: nothing has to be searched for it.
  if (event.id !== undefined && closeActivation(state, event.id)) failed.live -= 1;
  scopeClosed(state, event.scope);
}

/** Gives up what a Parallel or Map has open. */
export function branchesWithdrawn(state: ExecutionState, { id, at }: At<Event.BranchesWithdrawn>): void {
  const { work } = activation(state, id);
  if (work.kind === 'mapRun') return childrenWithdrawn(work, at);
  if (work.kind !== 'branches' && work.kind !== 'items') return;
  clearScopes(state, scopesWithin(state, work.open));
  work.open.clear();
}

/** Takes the scope out, with all tokens, activations and scopes in it. */
function scopeClosed(state: ExecutionState, id: ScopeId): void {
  const closed = scope(state, id);
  if (closed.parent !== undefined) {
    const work = state.activations.get(closed.parent.activation)?.work;
    if (work?.kind === 'branches' || work?.kind === 'items') work.open.delete(id);
  }
  // A scope that ended by itself is empty; only one that is given up has anything to search for.
  if (closed.live === 0 && !hasOffers(closed)) state.scopes.delete(id);
  else clearScopes(state, scopesWithin(state, [id]));
}

/** The scopes given and all scopes in them. */
export function scopesWithin(state: ExecutionState, outermost: Iterable<ScopeId>): ReadonlySet<ScopeId> {
  const within = new Set(outermost);
  // Scopes stand in the order in which they were opened: outer ones first.
  for (const { id, parent } of state.scopes.values()) {
    const opener = parent === undefined ? undefined : state.activations.get(parent.activation);
    if (opener !== undefined && within.has(opener.scope)) within.add(id);
  }
  return within;
}

/** The scopes that some states have opened, and all scopes in them. */
export function scopesOpenedBy(state: ExecutionState, openers: Iterable<ActivationId>): ReadonlySet<ScopeId> {
  const open: ScopeId[] = [];
  for (const id of openers) {
    const { work } = activation(state, id);
    if (work.kind === 'branches' || work.kind === 'items') open.push(...work.open);
  }
  return open.length === 0 ? new Set() : scopesWithin(state, open);
}

/** Takes the scopes out, with all that is in them. */
export function clearScopes(state: ExecutionState, doomed: ReadonlySet<ScopeId>): void {
  if (doomed.size === 0) return;
  for (const token of state.tokens.values()) if (doomed.has(token.scope)) state.tokens.delete(token.id);
  for (const active of state.activations.values()) if (doomed.has(active.scope)) closeActivation(state, active.id);
  for (const offer of state.offers.values()) if (doomed.has(offer.scope)) state.offers.delete(offer.id);
  for (const id of doomed) state.scopes.delete(id);
}

export function branchesSucceeded(state: ExecutionState, id: ActivationId): void {
  const active = activation(state, id);
  const { work } = active;
  if (work.kind === 'mapRun') active.work = { kind: 'succeeded', result: mapRunResult(work) };
  else if (work.kind === 'branches') active.work = { kind: 'succeeded', result: work.results };
  else if (work.kind === 'items') active.work = { kind: 'succeeded', result: resultsSoFar(work) };
  else if (work.kind === 'retrying' || work.kind === 'queued') active.work = { kind: 'succeeded', result: [] };
  else throw new CorruptLog(`State ${active.state} has no branches that could have succeeded.`);
}
