import { outsideTask } from '../../execution/outside-work.ts';
import { offeredTask, taskEffect } from '../../model/effects.ts';
import { planOf } from '../../model/fold.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { Participant } from '../../resources/allocation/participant.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

/** Items that nobody fitted are looked at again when somebody comes, so many at a time. */
const MAX_UNFILLED = 100;

/** In ascending order of id. @throws ApiError `pageTokenInvalid` */
export function listParticipants(
  { allocator }: Services,
  limit: number,
  after: string | undefined,
): Promise<Page<Participant>> {
  return pageOf(allocator.participants.list(limit, after));
}

/** @throws ApiError `participantNotFound` */
export async function findParticipant({ allocator }: Services, id: string): Promise<Participant> {
  const found = await allocator.participants.find(id);
  if (found === undefined) throw participantNotFound(id);
  return found;
}

/** Creates it or changes it. Items that nobody fitted so far may find somebody now. */
export async function putParticipant(services: Services, participant: Participant): Promise<Participant> {
  const { allocator } = services;
  await allocator.participants.put(participant);
  if (participant.available) await fillAgain(services);
  return findParticipant(services, participant.id);
}

/** What was given to it stays with it. @throws ApiError `participantNotFound` */
export async function deleteParticipant({ allocator }: Services, id: string): Promise<void> {
  if (!(await allocator.participants.remove(id))) throw participantNotFound(id);
}

async function fillAgain({ allocator, states, engine }: Services): Promise<void> {
  for (const item of await allocator.unfilled(MAX_UNFILLED)) {
    await allocator.filled(item);
    const live = await states.load(item.execution);
    const task = live && assignmentOf(live, item.activation);
    const answer = task && (await allocator.answer(task));
    const isSomebody = answer?.assignee !== undefined || (answer?.candidates?.length ?? 0) > 0;
    if (answer !== undefined && isSomebody) await engine.deliver(item.execution, answer);
  }
}

/** The item as it is on offer now; `undefined`: it is not, or is for somebody. */
function assignmentOf({ plan, state }: LiveExecution, id: number) {
  if (outsideTask(plan, state, id)?.staffing?.wanted === undefined) return undefined;
  const offer = state.offers.get(id);
  if (offer !== undefined) return offeredTask(plan, state, offer);
  const active = state.activations.get(id);
  if (active?.work.kind !== 'task') return undefined;
  const statePlan = planOf(plan, state, active);
  return statePlan.type === 'Task' ? taskEffect(plan, state, active, active.work, statePlan).task : undefined;
}

function participantNotFound(id: string): ApiError {
  return new ApiError(
    'participantNotFound',
    id,
    `Look at the list of participants for the right id: there is no "${id}".`,
  );
}
