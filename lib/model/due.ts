import { escalate, escalationOf } from './allocation.ts';
import { cancel } from './cancellations.ts';
import type { Draft } from './draft.ts';
import { workOutside, workWithin } from './effects.ts';
import { ErrorName } from './errors.ts';
import { planOf } from './fold.ts';
import { completeState } from './leave.ts';
import { happenOffered } from './net/offers.ts';
import { run, settle } from './settle.ts';
import type { Activation, ActivationId, ExecutionState, Offer } from './state.ts';
import { failTask } from './task.ts';

/** When something is next due to happen by the passing of time alone, ms since the epoch; `undefined`: never. */
export function nextDue(state: ExecutionState): number | undefined {
  if (state.status !== 'RUNNING') return undefined;
  if (state.suspended !== undefined) return state.timeoutAt;
  let next = state.timeoutAt ?? Number.POSITIVE_INFINITY;
  for (const active of state.activations.values()) next = Math.min(next, dueAt(active));
  for (const offer of state.offers.values()) next = Math.min(next, dueOf(offer) ?? next);
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

/**
 * Lets everything happen that is due by now, in the order in which it fell due. In nets each is a fact of its own: what
 * it starts may withdraw what fell due later. Of an execution that is suspended, only its own end is due.
 */
export function happenDue(draft: Draft): void {
  const now = draft.occasion.at;
  const { state } = draft;
  const end = state.timeoutAt ?? Number.POSITIVE_INFINITY;
  for (const { id, at } of state.suspended === undefined ? dueBy(state, now) : []) {
    if (end <= at) break;
    const active = state.activations.get(id);
    // What fell due before may have withdrawn this one, or given it other work.
    if (active !== undefined && dueAt(active) === at) happen(draft, active, at);
    const offer = state.offers.get(id);
    if (offer !== undefined && dueOf(offer) === at) happenOnOffer(draft, offer);
    if (draft.agenda !== undefined) settle(draft);
    // What a loop leaves is due in the next decision.
    if (state.status !== 'RUNNING' || (draft.agenda !== undefined && draft.isSpent)) return;
  }
  if (end <= now) {
    cancel(draft, workWithin(draft.plan, state));
    draft.emit({ type: 'ExecutionTimedOut' });
  }
}

function dueBy({ activations, offers }: ExecutionState, now: number) {
  const due: { readonly id: ActivationId; readonly at: number }[] = [];
  for (const active of activations.values()) {
    const at = dueAt(active);
    if (at <= now) due.push({ id: active.id, at });
  }
  for (const offer of offers.values()) {
    const at = dueOf(offer);
    if (at !== undefined && at <= now) due.push({ id: offer.id, at });
  }
  return due.sort((a, b) => a.at - b.at || a.id - b.id);
}

/** Of a Wait its moment, of a work item its escalation. */
function dueOf(offer: Offer): number | undefined {
  return offer.dueAt ?? escalationOf(offer);
}

function happenOnOffer(draft: Draft, offer: Offer): void {
  if (offer.dueAt === undefined) escalate(draft, offer.id);
  else happenOffered(draft, offer);
}

function dueAt(active: Activation): number {
  const { work } = active;
  switch (work.kind) {
    case 'waiting':
    case 'retrying':
      return work.dueAt;
    case 'task':
      return Math.min(
        work.timeoutAt ?? Number.POSITIVE_INFINITY,
        work.heartbeatAt ?? Number.POSITIVE_INFINITY,
        escalationOf(active) ?? Number.POSITIVE_INFINITY,
      );
    case 'entered':
    case 'queued':
    case 'branches':
    case 'items':
    case 'mapRun':
    case 'succeeded':
      return Number.POSITIVE_INFINITY;
  }
}

function happen(draft: Draft, active: Activation, at: number): void {
  const state = planOf(draft.plan, draft.state, active);
  const { work } = active;
  if (work.kind === 'retrying') return run(draft, active, state);
  if (work.kind === 'waiting' && state.type === 'Wait') return completeState(draft, active, state);
  if (work.kind !== 'task' || state.type !== 'Task') return;
  if (work.timeoutAt !== at && work.heartbeatAt !== at) return escalate(draft, active.id);
  const task = workOutside(draft.plan, draft.state, active);
  if (task !== undefined) cancel(draft, [task]);
  const error = work.timeoutAt === at ? ErrorName.timeout : ErrorName.heartbeatTimeout;
  failTask(draft, active, state, 'timedOut', { error });
}
