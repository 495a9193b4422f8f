import { CorruptLog } from './errors.ts';
import { type At, activation, failureOf } from './fold.ts';
import { isJsonArray, isJsonObject, type Json } from './json.ts';
import type * as Event from './map-run-event.ts';
import type { ItemSet } from './plan.ts';
import type { ActivationId, ExecutionState, ItemOrigin, MapRunChild, MapRunItems, MapRunWork } from './state.ts';

/** What the events of map runs do to the state. */

export function mapRunStarted(state: ExecutionState, event: At<Event.MapRunStarted>): void {
  const active = activation(state, event.id);
  const { source, batches, target } = event;
  active.work = {
    kind: 'mapRun',
    run: event.run,
    round: event.round,
    executionType: event.executionType,
    answered: 0,
    ...(source === undefined ? {} : { source }),
    ...(batches === undefined ? {} : { batches }),
    ...(target === undefined ? {} : { target }),
    ...(source === undefined ? { items: itemsOf(event.items ?? active.input) } : {}),
    maxConcurrency: event.maxConcurrency,
    tolerated: event.tolerated,
    nextItem: 0,
    children: [],
    toLaunch: [],
    running: 0,
    failedItems: 0,
  };
}

function itemsOf(set: ItemSet | Json, origins?: readonly ItemOrigin[]): MapRunItems {
  const from = origins === undefined || origins.length === 0 ? {} : { origins };
  if (isJsonArray(set)) return { values: set, ...from };
  if (isJsonObject(set)) return { values: Object.values(set), keys: Object.keys(set), ...from };
  throw new CorruptLog('The items of a map run are neither an array nor an object.');
}

export function itemsRead(state: ExecutionState, event: At<Event.ItemsRead>): void {
  const work = mapRunWork(state, event.id);
  work.answered += 1;
  work.items = itemsOf(event.items, event.origins);
}

export function childrenStarted(state: ExecutionState, event: At<Event.ChildrenStarted>): void {
  const work = mapRunWork(state, event.id);
  const started: number[] = [];
  for (let i = 0; i < event.count; i += 1) {
    const count = event.sizes?.[i] ?? 1;
    const input = event.inputs === undefined ? (work.items?.values[work.nextItem] ?? null) : (event.inputs[i] ?? null);
    const child: MapRunChild = {
      item: work.nextItem,
      count,
      input,
      status: 'RUNNING',
      startedAt: event.at,
      redrives: 0,
    };
    started.push(work.children.length);
    work.children.push(child);
    work.nextItem += count;
  }
  work.running += event.count;
  work.toLaunch = [...work.toLaunch, ...started];
}

export function childrenLaunched(state: ExecutionState, event: At<Event.ChildrenLaunched>): void {
  const work = mapRunWork(state, event.id);
  work.answered += 1;
  work.toLaunch = work.toLaunch.slice(event.count);
}

export function childEnded(state: ExecutionState, event: At<Event.ChildEnded>): void {
  const work = mapRunWork(state, event.id);
  const child = work.children[event.child];
  if (child === undefined) throw new CorruptLog(`The map run ${work.run} has no child ${event.child}.`);
  child.status = event.status;
  child.startedAt = event.startedAt;
  child.closedAt = event.closedAt;
  if (event.output !== undefined) child.output = event.output;
  else if (event.status !== 'SUCCEEDED') child.failure = failureOf(event);
  work.running -= 1;
  if (event.status !== 'SUCCEEDED') work.failedItems += child.count;
}

export function mapRunFailing(state: ExecutionState, event: At<Event.MapRunFailing>): void {
  const work = mapRunWork(state, event.id);
  // An answer to what was asked for before must not be taken for one about the results.
  work.answered += 1;
  work.failing = { failure: failureOf(event), pending: work.toLaunch };
  childrenWithdrawn(work, event.at);
}

export function mapRunUpdated(state: ExecutionState, event: At<Event.MapRunUpdated>): void {
  const work = mapRunWork(state, event.id);
  delete work.hasNewDefinition;
  if (event.maxConcurrency !== undefined) work.maxConcurrency = event.maxConcurrency;
  if (event.tolerated !== undefined) work.tolerated = event.tolerated;
}

export function resultsWritten(state: ExecutionState, event: At<Event.ResultsWritten>): void {
  const work = mapRunWork(state, event.id);
  work.answered += 1;
  work.written = { output: event.output };
}

/** Gives up the children that are open. */
export function childrenWithdrawn(work: MapRunWork, at: number): void {
  for (const child of work.children) {
    if (child.status !== 'RUNNING') continue;
    child.status = 'ABORTED';
    child.closedAt = at;
    work.failedItems += child.count;
  }
  work.running = 0;
  work.toLaunch = [];
}

/** The raw result of the Map: what was written, or the outputs of children that have all succeeded. */
export function mapRunResult(work: MapRunWork): Json {
  if (work.written !== undefined) return work.written.output;
  return work.children.map((child) => child.output ?? null);
}

export function mapRunWork(state: ExecutionState, id: ActivationId): MapRunWork {
  const { work } = activation(state, id);
  if (work.kind !== 'mapRun') throw new CorruptLog(`Activation ${id} has no map run under way.`);
  return work;
}
