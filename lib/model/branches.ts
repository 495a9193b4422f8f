import { ItemEnvironment, StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { evaluate } from './evaluate.ts';
import { failState } from './failure.ts';
import { planOf } from './fold.ts';
import type { Json } from './json.ts';
import { completeState } from './leave.ts';
import { startMapRun } from './map-run.ts';
import type { Failure, MapPlan, ParallelPlan, ToleratedFailures } from './plan.ts';
import type { Activation } from './state.ts';

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
}

export function startMap(draft: Draft, active: Activation, state: MapPlan): void {
  if (state.distributed !== undefined) return startMapRun(draft, active, state, state.distributed);
  const env = new StateEnvironment(draft, active);
  const setup = (): MapSetup => ({
    items: state.items(env),
    maxConcurrency: state.maxConcurrency(env),
  });
  evaluate(draft, active, state, setup, ({ items, maxConcurrency }) => {
    const tolerated = () => toleratedFailures(draft, active, state, items.length);
    evaluate(draft, active, state, tolerated, (limit) => openItems(draft, active, items, maxConcurrency, limit));
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
  items: readonly Json[],
  maxConcurrency: number,
  tolerated: ToleratedFailures,
): void {
  draft.emit({
    type: 'ItemsStarted',
    id: active.id,
    ...(items === active.input ? {} : { items }),
    maxConcurrency,
    toleratedCount: Math.max(tolerated.count, Math.floor((items.length * tolerated.percentage) / 100)),
  });
  if (items.length === 0) succeed(draft, active);
  else startItems(draft, active);
}

/** Whether items wait for nothing but their turn. */
export function itemsToStart(active: Activation): boolean {
  const { work } = active;
  if (work.kind !== 'items' || work.next >= work.items.length) return false;
  return work.maxConcurrency === 0 || work.open.size < work.maxConcurrency;
}

/** Starts items up to the limit of concurrency and the draft's budget; the next decision goes on from there. */
export function startItems(draft: Draft, active: Activation): void {
  const state = planOf(draft.plan, draft.state, active);
  if (state.type !== 'Map') return;
  while (!draft.isSpent && draft.isOpen(active) && itemsToStart(active)) {
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
    const scope = draft.state.nextId;
    draft.emit({
      type: 'ItemStarted',
      id: active.id,
      index,
      scope,
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
  if (work.failed <= work.toleratedCount) return nextItem(draft, active);
  failState(draft, active, planOf(draft.plan, draft.state, active), failure);
}

function nextItem(draft: Draft, active: Activation): void {
  const { work } = active;
  if (work.kind !== 'items') return;
  if (work.open.size === 0 && work.next >= work.items.length) succeed(draft, active);
  else startItems(draft, active);
}

function succeed(draft: Draft, active: Activation): void {
  const state = planOf(draft.plan, draft.state, active);
  draft.emit({ type: 'BranchesSucceeded', id: active.id });
  if (state.type === 'Map' || state.type === 'Parallel') completeState(draft, active, state);
}
