import { abortedByFailure, abortedByWithdrawal, isSilent } from '../../model/aborted.ts';
import type * as Event from '../../model/event.ts';
import { scope } from '../../model/fold.ts';
import { isItem, isMapRun } from '../../model/history-width.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { MapRunStarted } from '../../model/map-run-event.ts';
import type { ItemSet } from '../../model/plan.ts';
import type { Activation, ScopeId } from '../../model/state.ts';
import { failureDetails } from './history-event.ts';
import type { Scribe } from './scribe.ts';
import type { Thread } from './thread.ts';

/** What happens to the branches of a Parallel and the items of a Map. */

export function branchesStarted(scribe: Scribe, event: Event.BranchesStarted): void {
  const id = scribe.advance(scribe.threadOf(event.id), 'ParallelStateStarted');
  scribe.fold();
  const { work } = scribe.activation(event.id);
  if (work.kind !== 'branches') return;
  for (const opened of work.open) scribe.threads.openScope(scribe.state.scopes.get(opened), id);
}

export function itemsCounted(scribe: Scribe, event: Event.ItemsCounted): void {
  scribe.advance(scribe.threadOf(event.id), 'MapStateStarted', { length: event.length });
  scribe.fold();
}

export function itemsStarted(scribe: Scribe, event: Event.ItemsStarted): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  const length = lengthOf(event.items ?? active.input);
  thread.nextItem = scribe.advance(thread, 'MapStateStarted', { length });
  scribe.fold();
}

export function mapRunStarted(scribe: Scribe, event: MapRunStarted): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  const length = event.source === undefined ? lengthOf(event.items ?? active.input) : 0;
  scribe.advance(thread, 'MapStateStarted', { length });
  scribe.advance(thread, 'MapRunStarted', { mapRunArn: event.run });
  scribe.fold();
}

function lengthOf(items: Json | ItemSet): number {
  return typeof items === 'object' && items !== null ? Object.keys(items).length : 0;
}

export function itemStarted(scribe: Scribe, event: Event.ItemStarted): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  const details = { name: active.state, index: event.index };
  const id = scribe.write(thread.nextItem ?? thread.head, 'MapIterationStarted', details);
  scribe.fold();
  scribe.threads.openScope(scribe.state.scopes.get(event.scope), id);
}

export function scopeSucceeded(scribe: Scribe, event: Event.ScopeSucceeded): void {
  const ended = scope(scribe.state, event.scope);
  if (ended.parent !== undefined) {
    const { last } = scribe.threads.ofScope(ended);
    const outer = scribe.threadOf(ended.parent.activation);
    outer.nextItem = last;
    const head = isItem(scribe.plan, scribe.state, ended.id)
      ? scribe.write(last, 'MapIterationSucceeded', itemDetails(scribe, ended.id))
      : Math.max(outer.head, last);
    scribe.moveTo(outer, head);
  }
  scribe.fold();
}

export function scopeFailed(scribe: Scribe, event: Event.ScopeFailed): void {
  const failed = scope(scribe.state, event.scope);
  const last = endOf(scribe.threadOf(event.id));
  if (!isSilent(event.error)) {
    if (isItem(scribe.plan, scribe.state, failed.id)) {
      scribe.write(last, 'MapIterationFailed', itemDetails(scribe, failed.id));
    }
    statesAborted(scribe, last, abortedByFailure(scribe.plan, scribe.state, event));
  }
  if (failed.parent !== undefined) {
    const outer = scribe.threadOf(failed.parent.activation);
    outer.nextItem = last;
    scribe.moveTo(outer, last);
  }
  scribe.fold();
}

/** The event that the failure of a visit follows. */
export function endOf(thread: Thread): number {
  return thread.tail ?? thread.head;
}

export function branchesWithdrawn(scribe: Scribe, event: Event.BranchesWithdrawn): void {
  const { head } = scribe.threadOf(event.id);
  for (const { scope: id, states } of abortedByWithdrawal(scribe.plan, scribe.state, event)) {
    if (isItem(scribe.plan, scribe.state, id)) scribe.write(head, 'MapIterationAborted', itemDetails(scribe, id));
    statesAborted(scribe, head, states);
  }
  scribe.fold();
}

function statesAborted(scribe: Scribe, previous: number, states: readonly Activation[]): void {
  for (const active of states) scribe.write(previous, `${scribe.planOf(active).type}StateAborted`);
}

function itemDetails(scribe: Scribe, id: ScopeId): JsonObject {
  const { parent } = scope(scribe.state, id);
  return parent === undefined ? {} : { name: scribe.activation(parent.activation).state, index: parent.index };
}

/** The events of success are passed by: what leaves the state follows what came before them. */
export function branchesSucceeded(scribe: Scribe, event: Event.BranchesSucceeded): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  if (isMapRun(scribe.state, event.id)) thread.tail = scribe.write(thread.head, 'MapRunSucceeded');
  const type = scribe.planOf(active).type === 'Map' ? 'MapStateSucceeded' : 'ParallelStateSucceeded';
  thread.tail = scribe.write(endOf(thread), type);
  scribe.fold();
}

export function branchesFailed(scribe: Scribe, event: Event.BranchesFailed): void {
  const active = scribe.activation(event.id);
  const thread = scribe.threads.ofVisit(active);
  if (!isSilent(event.error)) {
    if (isMapRun(scribe.state, event.id)) scribe.advance(thread, 'MapRunFailed', failureDetails(event));
    const before = thread.head;
    scribe.advance(thread, scribe.planOf(active).type === 'Map' ? 'MapStateFailed' : 'ParallelStateFailed');
    thread.before = before;
  }
  scribe.fold();
}
