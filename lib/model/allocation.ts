import type { AllocateTask, DelegateTask } from './command.ts';
import type { Draft } from './draft.ts';
import { offeredTask, taskEffect } from './effects.ts';
import { planOf } from './fold.ts';
import type { Json } from './json.ts';
import type { Activation, ActivationId, Offer } from './state.ts';
import { escalationDue, itemAtHand, separationFrom, staffingOf, workItemArguments } from './work-item.ts';

/** Work items find those who do them: what was chosen outside, what is handed on, and what nobody has taken in time. */

/** The answer to a request for somebody; what is no longer asked for changes nothing. */
export function allocate(draft: Draft, { activation: id, attempt, round, assignee, candidates }: AllocateTask): void {
  const { plan, state } = draft;
  const item = itemAtHand(plan, state, id);
  if (item?.attempt !== attempt || isStarted(draft, id)) return;
  const { wanted, candidates: nobody } = staffingOf(plan, state, item);
  const names = [...(assignee === undefined ? [] : [assignee]), ...(candidates ?? [])];
  // Where nobody fitted, somebody may have come meanwhile.
  if (wanted?.round !== round || (nobody !== undefined && names.length === 0)) return;
  if (names.some((name) => separationFrom(plan, state, item, name) !== undefined)) return offerAnew(draft, id);
  draft.emit({
    ...{ type: 'TaskAllocated', id, attempt },
    ...(assignee === undefined ? {} : { assignee }),
    ...(candidates === undefined ? {} : { candidates }),
  });
  offerAnew(draft, id);
}

/** Hands it to somebody else; whether that one fits in with roles, whoever asks has made sure of. */
export function delegate(draft: Draft, { activation: id, attempt, worker, to }: DelegateTask): void {
  const { plan, state } = draft;
  const item = itemAtHand(plan, state, id);
  if (item?.attempt !== attempt || worker === to) return;
  const holder = isStarted(draft, id) ? workerOf(draft, id) : staffingOf(plan, state, item).assignee;
  if (holder !== worker || separationFrom(plan, state, item, to) !== undefined) return;
  draft.emit({ type: 'TaskDelegated', id, attempt, by: worker, to });
  offerAnew(draft, id);
}

/** The time of its next escalation has come. */
export function escalate(draft: Draft, id: ActivationId): void {
  const { plan, state } = draft;
  const item = itemAtHand(plan, state, id);
  if (item === undefined) return;
  const step = (item.allotment?.escalated?.step ?? 0) + 1;
  const all = workItemArguments(item.input).Escalate ?? [];
  const [due, following] = [all[step - 1], all[step]];
  const at = (state.offers.get(id) ?? state.activations.get(id))?.escalateAt;
  if (due === undefined || at === undefined) return;
  const next = following === undefined ? undefined : at + (following.AfterSeconds - due.AfterSeconds) * 1000;
  draft.emit({ type: 'TaskEscalated', id, attempt: item.attempt, step, ...(next === undefined ? {} : { next }) });
  offerAnew(draft, id);
}

/** When an escalation of what nobody has started is due, ms since the epoch; `undefined`: none is. */
export function escalationOf(open: Offer | Activation): number | undefined {
  if ('work' in open && (open.work.kind !== 'task' || open.work.stage !== 'scheduled')) return undefined;
  return open.escalateAt;
}

/** For the fields of the events that offer an item. */
export function escalationFrom(draft: Draft, input: Json): { readonly escalateAt?: number } {
  const at = escalationDue(input, draft.occasion.at, 0);
  return at === undefined ? {} : { escalateAt: at };
}

/** The lists of those whom it is for now, and the request for somebody if nobody is. */
function offerAnew({ plan, state, effects }: Draft, id: ActivationId): void {
  const offer = state.offers.get(id);
  const active = state.activations.get(id);
  if (offer !== undefined) {
    const task = offeredTask(plan, state, offer);
    if (task !== undefined) effects.push({ type: 'OfferTask', task });
  } else if (active?.work.kind === 'task') {
    const statePlan = planOf(plan, state, active);
    if (statePlan.type === 'Task') effects.push(taskEffect(plan, state, active, active.work, statePlan));
  }
}

function isStarted({ state }: Draft, id: ActivationId): boolean {
  const work = state.activations.get(id)?.work;
  return work?.kind === 'task' && work.stage !== 'scheduled';
}

function workerOf({ state }: Draft, id: ActivationId): string | undefined {
  const work = state.activations.get(id)?.work;
  return work?.kind === 'task' ? work.worker : undefined;
}
