import { mapRunArn, parseStatesArn } from './arn.ts';
import { cancel } from './cancellations.ts';
import type { ChildEnded, TaskCommand, UpdateMapRun } from './command.ts';
import { ItemEnvironment, StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { workOutside } from './effects.ts';
import { CorruptLog, ErrorName } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { failState } from './failure.ts';
import { attemptsMade, failureOf, planOf } from './fold.ts';
import type { Json } from './json.ts';
import { completeState } from './leave.ts';
import type { ItemsRead } from './map-run-event.ts';
import { batchInput, itemAt, nextBatch } from './map-run-items.ts';
import { concurrencyOf, mapRunRequest, requestEffect, requestNumber } from './map-run-request.ts';
import { isHeldBack } from './permits.ts';
import type {
  BatchRule,
  Failure,
  ItemSet,
  ItemSource,
  MapPlan,
  MapRunPlan,
  ResultTarget,
  ToleratedFailures,
} from './plan.ts';
import type { Activation, ExecutionState, MapRunItems, MapRunWork } from './state.ts';

/**
 * Distributed Maps. Each item, or batch of items, is an execution of its own, with a log and a history of its own; the
 * Map starts them, counts how they end, and keeps what they give back. Its log has an event for up to a thousand
 * children that start together, and one for each that ends.
 */

interface RunSetup {
  readonly source?: ItemSource;
  readonly items?: ItemSet;
  readonly batches?: BatchRule;
  readonly target?: ResultTarget;
  readonly maxConcurrency: number;
}

export function startMapRun(draft: Draft, active: Activation, state: MapPlan, run: MapRunPlan): void {
  const env = new StateEnvironment(draft, active);
  const setup = (): RunSetup => {
    const batches = run.batches?.(env);
    const target = run.target?.(env);
    return {
      ...(run.source === undefined ? { items: run.items(env) } : { source: run.source(env) }),
      ...(batches === undefined ? {} : { batches }),
      ...(target === undefined ? {} : { target }),
      maxConcurrency: state.maxConcurrency(env),
    };
  };
  evaluate(draft, active, state, setup, ({ items, ...rest }) => {
    const tolerated = () => toleratedFailures(draft, active, state, items);
    evaluate(draft, active, state, tolerated, (limit) => {
      draft.emit({
        type: 'MapRunStarted',
        id: active.id,
        run: nextRunArn(draft.state, active, run),
        round: attemptsMade(active) + 1,
        executionType: run.executionType,
        ...rest,
        ...(items === undefined || items === active.input ? {} : { items }),
        tolerated: limit,
      });
      advanceMapRun(draft, active, state);
      askAnew(draft, active, state, undefined);
    });
  });
}

function toleratedFailures(
  draft: Draft,
  active: Activation,
  state: MapPlan,
  items: ItemSet | undefined,
): ToleratedFailures {
  try {
    return state.toleratedFailures(new StateEnvironment(draft, active));
  } catch (error) {
    draft.emit({ type: 'ItemsCounted', id: active.id, length: items === undefined ? 0 : Object.keys(items).length });
    throw error;
  }
}

/** Named by the execution and the number of the history event before, so that each run has a name of its own. */
function nextRunArn({ identity, historyLength }: ExecutionState, active: Activation, run: MapRunPlan): string {
  const execution = parseStatesArn(identity.id);
  if (execution === undefined) throw new CorruptLog(`${identity.id} is not the ARN of an execution.`);
  return mapRunArn(execution, run.label ?? labelOf(active.state), execution, historyLength + 1);
}

const MAX_LABEL = 40;

function labelOf(state: string): string {
  return state.replaceAll(/[^\w-]/g, '').slice(0, MAX_LABEL) || 'Map';
}

/**
 * Whether a map run has children to start. Those that are ready wait for the ones before them to be launched: what
 * ends meanwhile makes room for several, which then share an event and a request.
 */
export function canAdvance({ work }: Activation): boolean {
  if (work.kind !== 'mapRun' || work.items === undefined || work.toLaunch.length > 0) return false;
  if (work.failing !== undefined) return false;
  return work.nextItem < work.items.values.length && work.running < concurrencyOf(work);
}

/** Starts children up to the limit of concurrency and the draft's budget; completes the Map when all are through. */
export function advanceMapRun(draft: Draft, active: Activation, state: MapPlan): void {
  const mayStart = draft.budget > 0 && !isHeldBack(draft.state);
  if (mayStart && draft.isOpen(active) && canAdvance(active)) startChildren(draft, active, state);
  const { work } = active;
  if (!draft.isOpen(active) || work.kind !== 'mapRun' || work.items === undefined) return;
  if (work.failing !== undefined) {
    if (work.written !== undefined) failState(draft, active, state, work.failing.failure);
    return;
  }
  if (work.running > 0 || work.nextItem < work.items.values.length || mapRunRequest(work) !== undefined) return;
  draft.emit({ type: 'BranchesSucceeded', id: active.id });
  completeState(draft, active, state);
}

interface NextChildren {
  readonly inputs: readonly Json[];
  readonly sizes: readonly number[];
  /** Each child has one item, and that is its input. */
  readonly areItems: boolean;
}

function startChildren(draft: Draft, active: Activation, state: MapPlan): void {
  const { work } = active;
  if (work.kind !== 'mapRun' || work.items === undefined) return;
  const { items } = work;
  const most = Math.min(draft.budget, concurrencyOf(work) - work.running);
  const next = () => nextChildren(draft, active, state, { work, items, most });
  evaluate(draft, active, state, next, ({ inputs, sizes, areItems }) => {
    draft.budget -= inputs.length;
    draft.emit({
      type: 'ChildrenStarted',
      id: active.id,
      count: inputs.length,
      ...(areItems ? {} : { inputs }),
      ...(work.batches === undefined ? {} : { sizes }),
    });
  });
}

interface Supply {
  readonly work: MapRunWork;
  readonly items: MapRunItems;
  readonly most: number;
}

function nextChildren(draft: Draft, active: Activation, state: MapPlan, { work, items, most }: Supply): NextChildren {
  const inputs: Json[] = [];
  const sizes: number[] = [];
  let areItems = work.batches === undefined;
  let next = work.nextItem;
  const inputOf = (index: number): Json => state.itemInput(new ItemEnvironment(draft, active, itemAt(items, index)));
  while (inputs.length < most && next < items.values.length) {
    const batch = work.batches === undefined ? undefined : nextBatch(work.batches, items, next, inputOf);
    const input = batch === undefined ? inputOf(next) : batchInput(work.batches, batch);
    areItems &&= input === items.values[next];
    inputs.push(input);
    sizes.push(batch?.length ?? 1);
    next += batch?.length ?? 1;
  }
  return { inputs, sizes, areItems };
}

/** Asks the outside for what the run has come to need, if it did not wait for an answer before (`before`: the number of that request). */
export function askAnew(draft: Draft, active: Activation, state: MapPlan, before: number | undefined): void {
  if (!draft.isOpen(active) || active.work.kind !== 'mapRun') return;
  if (requestNumber(active.work) === before) return;
  const effect = requestEffect(draft.state, active, state);
  if (effect !== undefined) draft.effects.push(effect);
}

/** An answer to a request of the run. */
export function answerRequest(draft: Draft, active: Activation, state: MapPlan, command: TaskCommand): void {
  const { work, id } = active;
  if (work.kind !== 'mapRun' || requestNumber(work) !== command.attempt) return;
  if (command.type === 'TaskFailed') {
    return failState(draft, active, state, work.failing?.failure ?? failureOf(command));
  }
  const request = mapRunRequest(work);
  if (command.type !== 'TaskSucceeded' || request === undefined) return;
  switch (request.action) {
    case 'readItems':
      // Made by the engine itself from what it read.
      draft.emit({ ...(command.output as unknown as Pick<ItemsRead, 'items' | 'origins'>), type: 'ItemsRead', id });
      break;
    case 'startChildren':
      draft.emit({ type: 'ChildrenLaunched', id, count: Number(command.output) });
      break;
    case 'writeResults':
      draft.emit({ type: 'ResultsWritten', id, output: command.output });
  }
  advanceMapRun(draft, active, state);
  askAnew(draft, active, state, undefined);
}

export function applyChildEnded(draft: Draft, command: ChildEnded): void {
  const active = draft.state.activations.get(command.activation);
  if (active?.work.kind !== 'mapRun' || active.work.round !== command.round) return;
  const child = active.work.children[command.child];
  if (child?.status !== 'RUNNING' || child.redrives !== command.redrives) return;
  const { work } = active;
  const state = mapPlan(draft, active);
  const before = requestNumber(work);
  const { type, child: index, status, output, startedAt, closedAt } = command;
  draft.emit({
    type,
    id: active.id,
    child: index,
    status,
    startedAt,
    closedAt,
    ...(output === undefined ? {} : { output }),
    ...failureOf(command),
  });
  if (work.failedItems > toleratedItems(work)) return failRun(draft, active, state);
  advanceMapRun(draft, active, state);
  askAnew(draft, active, state, before);
}

/** How many items may fail. A limit of 0 beside another one says nothing; of two, the lower holds. */
function toleratedItems({ tolerated: { count, percentage }, items }: MapRunWork): number {
  const share = Math.floor(((items?.values.length ?? 0) * percentage) / 100);
  return count > 0 && percentage > 0 ? Math.min(count, share) : Math.max(count, share);
}

const thresholdExceeded: Failure = {
  error: ErrorName.exceedToleratedFailureThreshold,
  cause: 'The specified tolerated failure threshold was exceeded',
};

/** Too much has failed. Where results are written to files, that comes first: they tell what became of the items. */
function failRun(draft: Draft, active: Activation, state: MapPlan): void {
  const { work } = active;
  if (work.kind !== 'mapRun' || work.failing !== undefined) return;
  if (work.target?.resource === undefined) return failState(draft, active, state, thresholdExceeded);
  const children = workOutside(draft.plan, draft.state, active);
  if (children !== undefined) cancel(draft, [children]);
  draft.emit({ type: 'MapRunFailing', id: active.id, ...thresholdExceeded });
  askAnew(draft, active, state, undefined);
}

export function updateMapRun(draft: Draft, command: UpdateMapRun): void {
  for (const active of draft.state.activations.values()) {
    const { work } = active;
    if (work.kind !== 'mapRun' || work.run !== command.run) continue;
    const { maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = command;
    const { count, percentage } = work.tolerated;
    const before = requestNumber(work);
    const state = mapPlan(draft, active);
    draft.emit({
      type: 'MapRunUpdated',
      id: active.id,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      tolerated: { count: toleratedFailureCount ?? count, percentage: toleratedFailurePercentage ?? percentage },
    });
    if (work.failedItems > toleratedItems(work)) return failRun(draft, active, state);
    advanceMapRun(draft, active, state);
    askAnew(draft, active, state, before);
  }
}

/** A run that was redriven with another definition keeps its items, and takes over the limits that are written there. */
export function takeNewLimits(draft: Draft, active: Activation, state: MapPlan): void {
  if (active.work.kind !== 'mapRun' || active.work.hasNewDefinition !== true) return;
  const env = new StateEnvironment(draft, active);
  const limits = () => ({ maxConcurrency: state.maxConcurrency(env), tolerated: state.toleratedFailures(env) });
  evaluate(draft, active, state, limits, (changed) => draft.emit({ type: 'MapRunUpdated', id: active.id, ...changed }));
}

/** Goes on with what an earlier decision had no budget for. */
export function goOnWithMapRuns(draft: Draft): void {
  for (const active of draft.state.activations.values()) {
    if (!canAdvance(active) || active.work.kind !== 'mapRun') continue;
    const before = requestNumber(active.work);
    const state = mapPlan(draft, active);
    advanceMapRun(draft, active, state);
    askAnew(draft, active, state, before);
  }
}

function mapPlan(draft: Draft, active: Activation): MapPlan {
  const state = planOf(draft.plan, draft.state, active);
  if (state.type !== 'Map') throw new CorruptLog(`State ${active.state} has a map run and is a ${state.type}.`);
  return state;
}
