import { abortedByEnd, abortedByFailure, abortedByWithdrawal, isSilent } from '../../model/aborted.ts';
import type * as Event from '../../model/event.ts';
import { scope } from '../../model/fold.ts';
import { isItem, isMapRun } from '../../model/history-width.ts';
import type { Json } from '../../model/json.ts';
import type { MapRunStarted } from '../../model/map-run-event.ts';
import type { ItemsAdded, ItemsReleased } from '../../model/net-event.ts';
import type { ItemSet } from '../../model/plan.ts';
import type { ActivationId, ScopeState } from '../../model/state.ts';
import { itemDetails, writeAborted, writeAbortedScopes } from './aborted.ts';
import { failureDetails } from './history-event.ts';
import type { Scribe } from './scribe.ts';
import { endOf } from './thread.ts';

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
  writeAborted(scribe, abortedByEnd(scribe.plan, scribe.state, ended.id), {});
  if (ended.parent !== undefined) {
    const { last } = scribe.threads.ofScope(ended);
    const outer = scribe.threadOf(ended.parent.activation);
    outer.nextItem = last;
    const head = isItem(scribe.plan, scribe.state, ended.id)
      ? scribe.write(last, 'MapIterationSucceeded', itemDetails(scribe, ended.id))
      : Math.max(outer.head, last);
    scribe.moveTo(outer, head);
  }
  scribe.threads.closeScope(ended.id);
  scribe.fold();
}

export function scopeFailed(scribe: Scribe, event: Event.ScopeFailed): void {
  const failed = scope(scribe.state, event.scope);
  const before = failingIn(scribe, failed, event.id);
  const isNamed = event.id !== undefined || isSilent(event.error);
  const last = isNamed ? before : scribe.write(before, 'NetFailed', failureDetails(event));
  if (!isSilent(event.error)) {
    if (isItem(scribe.plan, scribe.state, failed.id)) {
      scribe.write(last, 'MapIterationFailed', itemDetails(scribe, failed.id));
    }
    writeAborted(scribe, abortedByFailure(scribe.plan, scribe.state, event), { previous: last });
  }
  if (failed.parent !== undefined) {
    const outer = scribe.threadOf(failed.parent.activation);
    outer.nextItem = last;
    scribe.moveTo(outer, last);
  }
  scribe.fold();
}

/** The event that the failure of a scope follows: where no state of it is to blame, the one that opened it. */
export function failingIn(scribe: Scribe, failed: ScopeState, culprit: ActivationId | undefined): number {
  if (culprit === undefined) return scribe.threads.ofScope(failed).start;
  return endOf(scribe.threadOf(culprit));
}

export function branchesWithdrawn(scribe: Scribe, event: Event.BranchesWithdrawn): void {
  const { head } = scribe.threadOf(event.id);
  writeAbortedScopes(scribe, abortedByWithdrawal(scribe.plan, scribe.state, event), { previous: head });
  scribe.fold();
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

/** A Map has enough: like the end of all items, also where some run on. */
export function itemsReleased(scribe: Scribe, event: ItemsReleased): void {
  const thread = scribe.threadOf(event.id);
  thread.tail = scribe.write(endOf(thread), 'MapStateSucceeded');
  scribe.fold();
}

export function itemsAdded(scribe: Scribe, event: ItemsAdded): void {
  const active = scribe.activation(event.id);
  const { head } = scribe.threads.ofVisit(active);
  scribe.write(head, 'ItemsAdded', { name: active.state, request: event.request, length: event.items.length });
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
