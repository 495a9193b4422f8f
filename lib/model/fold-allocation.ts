import type { TaskAllocated, TaskDelegated, TaskEscalated } from './allocation-event.ts';
import { CorruptLog } from './errors.ts';
import type { Activation, ActivationId, Allotment, ExecutionState, Offer } from './state.ts';
import { deedOf } from './work-item.ts';

/** What becomes of whom work items are for. */

type At<E> = E & { readonly at: number };

export function taskAllocated(state: ExecutionState, { id, attempt, assignee, candidates }: TaskAllocated): void {
  const to = { ...(assignee === undefined ? {} : { assignee }), ...(candidates === undefined ? {} : { candidates }) };
  change(state, id, attempt, (allotment) => ({ ...allotment, to }));
}

export function taskDelegated(state: ExecutionState, { id, attempt, to }: TaskDelegated): void {
  change(state, id, attempt, (allotment) => ({ ...allotment, to: { assignee: to } }));
  const work = state.activations.get(id)?.work;
  if (work?.kind === 'task' && work.stage === 'started') work.worker = to;
}

export function taskEscalated(state: ExecutionState, event: At<TaskEscalated>): void {
  const { id, attempt, step, next, at } = event;
  change(state, id, attempt, (allotment) => ({ ...anew(allotment), escalated: { step, at } }));
  setEscalation(state, id, next);
}

/** Whoever had it gave it back: unless it was for that one in the first place, somebody else is found. */
export function allotmentReturned(active: Activation, worker: string | undefined): void {
  const { allotment } = active;
  if (allotment === undefined) return;
  const { returnedBy = [] } = allotment;
  const who = worker === undefined || returnedBy.includes(worker) ? returnedBy : [...returnedBy, worker];
  active.allotment = { ...anew(allotment), returnedBy: who };
}

/** Who ended a work item did it. */
export function noteDeed(state: ExecutionState, { state: name, work }: Activation): void {
  if (work.kind !== 'task' || work.worker === undefined) return;
  const deed = deedOf(name, work.worker, work.input);
  const others = (state.deeds ?? []).filter((one) => one.state !== name || one.worker !== deed.worker);
  state.deeds = [...others, deed];
}

function anew({ to: _before, ...allotment }: Allotment): Allotment {
  return { ...allotment, round: allotment.round + 1 };
}

function change(
  state: ExecutionState,
  id: ActivationId,
  attempt: number,
  to: (allotment: Allotment) => Allotment,
): void {
  const open = openItem(state, id);
  const before = open.allotment?.attempt === attempt ? open.allotment : { attempt, round: 0 };
  const allotment = to(before);
  if ('work' in open) open.allotment = allotment;
  else state.offers.set(id, { ...open, allotment });
}

function setEscalation(state: ExecutionState, id: ActivationId, at: number | undefined): void {
  const open = openItem(state, id);
  const { escalateAt: _before, ...rest } = open;
  if (!('work' in open)) {
    // Asserted: what is no activation is an offer.
    state.offers.set(id, { ...(rest as Offer), ...(at === undefined ? {} : { escalateAt: at }) });
  } else if (at === undefined) delete open.escalateAt;
  else open.escalateAt = at;
}

function openItem(state: ExecutionState, id: ActivationId): Offer | Activation {
  const open = state.offers.get(id) ?? state.activations.get(id);
  if (open === undefined) throw new CorruptLog(`Work item ${id} is not open.`);
  return open;
}
