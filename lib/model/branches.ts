import { cancel } from './cancellations.ts';
import type { AddItems } from './command.ts';
import { ItemEnvironment, ResultsEnvironment, StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { workWithin } from './effects.ts';
import { evaluate } from './evaluate.ts';
import { failState } from './failure.ts';
import { planOf, scope } from './fold.ts';
import { itemsRequest } from './fold-scopes.ts';
import { isLeft, resultsSoFar } from './item-control.ts';
import type { Json } from './json.ts';
import { completeState, endScope } from './leave.ts';
import { startMapRun } from './map-run.ts';
import { isHeldBack } from './permits.ts';
import type { Failure, MapPlan, ParallelPlan, ToleratedFailures } from './plan.ts';
import type { Activation, ExecutionState, ItemsWork, ScopeState } from './state.ts';

/** Parallel and Map: scopes within a scope, and what their ends mean for the state that opened them. */

export function startBranches(draft: Draft, active: Activation, state: ParallelPlan): void {
  evaluate(
    draft,
    active,
    state,
    () => state.arguments(new StateEnvironment(draft, active)),
    (input) => {
      const firstScope = draft.state.nextId;
      draft.emit({
        type: 'BranchesStarted',
        id: active.id,
        firstScope,
        ...(input === active.input ? {} : { input }),
      });
    },
  );
}

export function branchSucceeded(draft: Draft, active: Activation): void {
  if (active.work.kind === 'branches' && active.work.open.size === 0) succeed(draft, active);
}

interface MapSetup {
  readonly items: readonly Json[];
  readonly maxConcurrency: number;
  /** So many completed items are enough. */
  readonly enough: number | undefined;
}

export function startMap(draft: Draft, active: Activation, state: MapPlan): void {
  if (state.distributed !== undefined) return startMapRun(draft, active, state, state.distributed);
  const env = new StateEnvironment(draft, active);
  const setup = (): MapSetup => ({
    items: state.items(env),
    maxConcurrency: state.maxConcurrency(env),
    enough: state.control?.count?.(env),
  });
  evaluate(draft, active, state, setup, (ready) => {
    const tolerated = () => toleratedFailures(draft, active, state, ready.items.length);
    evaluate(draft, active, state, tolerated, (limit) => openItems(draft, active, state, ready, limit));
  });
}

function toleratedFailures(draft: Draft, active: Activation, state: MapPlan, length: number): ToleratedFailures {
  try {
    return state.toleratedFailures(new StateEnvironment(draft, active));
  } catch (error) {
    draft.emit({ type: 'ItemsCounted', id: active.id, length });
    throw error;
  }
}

function openItems(
  draft: Draft,
  active: Activation,
  state: MapPlan,
  { items, maxConcurrency, enough }: MapSetup,
  tolerated: ToleratedFailures,
): void {
  draft.emit({
    type: 'ItemsStarted',
    id: active.id,
    ...(items === active.input ? {} : { items }),
    maxConcurrency,
    toleratedCount: Math.max(tolerated.count, Math.floor((items.length * tolerated.percentage) / 100)),
    ...(enough === undefined ? {} : { enough }),
  });
  if (items.length === 0) return succeed(draft, active);
  startItems(draft, active);
  // An item whose input could not be made has failed the state, and perhaps its scope.
  const isAtWork = draft.isOpen(active) && active.work.kind === 'items';
  if (isAtWork && state.control?.synchronize === false) releaseItems(draft, active, state);
}

/** So many items of a Map are open at a time at most, whatever its definition says: as of a distributed one. */
const MOST_ITEMS = 10_000;
/** Where so many items and branches are open, a Map has one item open at a time: an execution must fit into memory. */
const MANY_SCOPES = 20_000;

/** Whether items wait for nothing but their turn. */
export function itemsToStart({ scopes }: ExecutionState, { work }: Activation): boolean {
  if (work.kind !== 'items' || work.next >= work.items.length) return false;
  const { size } = work.open;
  if (size === 0) return true;
  const most = work.maxConcurrency === 0 ? MOST_ITEMS : Math.min(work.maxConcurrency, MOST_ITEMS);
  return size < most && scopes.size < MANY_SCOPES;
}

/** Starts items up to the limit of concurrency and the draft's budget; the next decision goes on from there. */
export function startItems(draft: Draft, active: Activation): void {
  const state = planOf(draft.plan, draft.state, active);
  if (state.type !== 'Map' || isHeldBack(draft.state)) return;
  while (!draft.isSpent && draft.isOpen(active) && itemsToStart(draft.state, active)) {
    draft.budget -= 1;
    startItem(draft, active, state);
  }
}

function startItem(draft: Draft, active: Activation, state: MapPlan): void {
  if (active.work.kind !== 'items') return;
  const index = active.work.next;
  const item = active.work.items[index] ?? null;
  const input = () => state.itemInput(new ItemEnvironment(draft, active, { index, value: item }));
  evaluate(draft, active, state, input, (value) => {
    draft.emit({
      type: 'ItemStarted',
      id: active.id,
      index,
      scope: draft.state.nextId,
      ...(value === item ? {} : { input: value }),
    });
  });
}

export function itemSucceeded(draft: Draft, active: Activation): void {
  nextItem(draft, active);
}

export function itemFailed(draft: Draft, active: Activation, failure: Failure): void {
  const { work } = active;
  if (work.kind !== 'items') return;
  // What a completed Map had left open comes to nothing, its failures too.
  if (isLeft(active) || work.failed <= work.toleratedCount) return nextItem(draft, active);
  failState(draft, active, planOf(draft.plan, draft.state, active), failure);
}

function nextItem(draft: Draft, active: Activation): void {
  const { work } = active;
  if (work.kind !== 'items') return;
  const allEnded = work.open.size === 0 && work.next >= work.items.length;
  if (isLeft(active)) {
    if (allEnded) closeItems(draft, active);
    else startItems(draft, active);
  } else if (allEnded) succeed(draft, active);
  else if (work.control === undefined) startItems(draft, active);
  else goOnIfNotEnough(draft, active, work);
}

/** After the end of an item of a Map with a completion of its own. */
function goOnIfNotEnough(draft: Draft, active: Activation, work: ItemsWork): void {
  const state = planOf(draft.plan, draft.state, active);
  if (state.type !== 'Map') return;
  const { count, completed } = work.control ?? { completed: [] };
  const condition = state.control?.condition;
  const enough = () =>
    (count !== undefined && completed.length >= count) ||
    condition?.(new ResultsEnvironment(draft, active, resultsSoFar(work))) === true;
  evaluate(draft, active, state, enough, (isEnough) => {
    if (!isEnough) startItems(draft, active);
    else if (state.control?.rest === 'cancel') finishItems(draft, active);
    else releaseItems(draft, active, state);
  });
}

/** Completes a Map with the results so far, and gives up what is open. */
function finishItems(draft: Draft, active: Activation): void {
  withdrawItems(draft, active);
  succeed(draft, active);
}

function withdrawItems(draft: Draft, active: Activation): void {
  const { work } = active;
  if (work.kind !== 'items' || work.open.size === 0) return;
  cancel(draft, workWithin(draft.plan, draft.state, work.open));
  draft.emit({ type: 'BranchesWithdrawn', id: active.id });
}

/** Completes a Map with the results so far; what is open runs on. */
function releaseItems(draft: Draft, active: Activation, state: MapPlan): void {
  draft.emit({ type: 'ItemsReleased', id: active.id });
  completeState(draft, active, state);
}

/** The last item has ended that a completed Map had left open: it may have been the last life in its scope. */
function closeItems(draft: Draft, active: Activation): void {
  const within = scope(draft.state, active.scope);
  draft.emit({ type: 'ItemsClosed', id: active.id });
  if (within.live === 0) endScope(draft, within);
}

/** The items that a completed Map had left open cannot go on; that comes to nothing, like all that they do. */
export function abandonItems(draft: Draft, active: Activation): void {
  withdrawItems(draft, active);
  closeItems(draft, active);
}

/** Completes every Map of that name that runs in the scope; one that waits for its next attempt has no results. */
export function completeItems(draft: Draft, { net }: ScopeState, name: string): void {
  for (const id of [...(net?.activations ?? [])]) {
    const active = draft.state.activations.get(id);
    if (active?.state !== name || isLeft(active)) continue;
    const { kind } = active.work;
    if (kind === 'items' || kind === 'retrying' || kind === 'queued') finishItems(draft, active);
  }
}

/** Adds items to a Map that takes them while it runs. */
export function addItems(draft: Draft, { id: request, activation: id, items }: AddItems): void {
  const active = draft.state.activations.get(id);
  if (active === undefined || draft.state.requests.has(itemsRequest(request))) return;
  const state = planOf(draft.plan, draft.state, active);
  if (state.type !== 'Map' || state.control?.dynamic !== true) return;
  if (active.work.kind !== 'items' || isLeft(active)) return;
  draft.emit({ type: 'ItemsAdded', id, request, items });
  startItems(draft, active);
}

function succeed(draft: Draft, active: Activation): void {
  const state = planOf(draft.plan, draft.state, active);
  draft.emit({ type: 'BranchesSucceeded', id: active.id });
  if (state.type === 'Map' || state.type === 'Parallel') completeState(draft, active, state);
}
