import type { Json } from '../../model/json.ts';
import type { Failure } from '../../model/plan.ts';
import type { Activation } from '../../model/state.ts';
import { readTaskToken, type TaskTokenClaim } from '../../model/task-token.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { isOurs } from './executions.ts';
import { checkPayload } from './payload.ts';
import { completeWorkItem, failWorkItem } from './work-items.ts';
import { isForAnybody } from './workers.ts';

/** Ends a task that waits for its callback or its worker. @throws ApiError */
export async function succeedTask(services: Services, token: string, output: Json): Promise<void> {
  checkPayload(output, 'outputInvalid');
  const claim = await openTask(services, token);
  if (claim.isOffer) return asTask(completeWorkItem(services, token, output, undefined));
  await end(services, claim, { type: 'TaskSucceeded', ...about(claim), output });
}

/** @throws ApiError */
export async function failTask(services: Services, token: string, failure: Failure): Promise<void> {
  const claim = await openTask(services, token);
  if (claim.isOffer) return asTask(failWorkItem(services, token, failure, undefined));
  await end(services, claim, { type: 'TaskFailed', ...about(claim), reason: 'failed', ...failure });
}

/** Tells that the task is still being worked on, which puts off its heartbeat timeout. @throws ApiError */
export async function heartbeatTask(services: Services, token: string): Promise<void> {
  const claim = await openTask(services, token);
  if (claim.isOffer) throw new ApiError('taskNotStarted', 'token', 'Start the task first: nobody has taken it yet.');
  await services.engine.deliver(claim.execution, { type: 'TaskHeartbeat', ...about(claim) });
}

async function end(
  services: Services,
  claim: TaskTokenClaim,
  command: Parameters<Services['engine']['deliver']>[1],
): Promise<void> {
  const outcome = await services.engine.deliver(claim.execution, command);
  // Somebody else has told its end, and the execution has not got round to it yet.
  if (outcome === 'exists') throw taskClosed();
}

function about({ activation, attempt }: TaskTokenClaim): Pick<TaskTokenClaim, 'activation' | 'attempt'> {
  return { activation, attempt };
}

/** @throws ApiError if that is no token at all. */
export function readToken(token: string): TaskTokenClaim {
  const claim = readTaskToken(token);
  if (claim !== undefined) return claim;
  throw new ApiError('tokenInvalid', 'Invalid token', 'Give the task token exactly as the task was called with it.');
}

interface OpenTask extends TaskTokenClaim {
  /** Nobody has taken it, and it may vanish before that. */
  readonly isOffer: boolean;
}

/**
 * What the token stands for, if its task is open. Any stage will do: a callback may come before the call that hands the
 * token out has returned, and a worker's answer before its start has been committed.
 */
async function openTask(services: Services, token: string): Promise<OpenTask> {
  const claim = readToken(token);
  const live = isOurs(services.place, claim.execution) ? await services.states.load(claim.execution) : undefined;
  if (live === undefined) {
    throw new ApiError('taskNotFound', claim.execution, 'Give a token of an execution that exists.');
  }
  const { status, offers, activations } = live.state;
  const claimed = offers.get(claim.activation)?.task ?? taskOf(activations.get(claim.activation));
  if (claimed?.token === token && !isForAnybody(live, claim)) {
    const message =
      'Complete or fail it as a work item, with its worker: it is not for anybody, and knowing its id is not enough.';
    throw new ApiError('workerNotAllowed', 'token', message);
  }
  if (offers.get(claim.activation)?.task?.token === token) return { ...claim, isOffer: true };
  const work = activations.get(claim.activation)?.work;
  if (status !== 'RUNNING' || work?.kind !== 'task' || work.token !== token) throw taskClosed();
  return { ...claim, isOffer: false };
}

function taskOf(active: Activation | undefined): { readonly token?: string } | undefined {
  return active?.work.kind === 'task' ? active.work : undefined;
}

/** A refusal of a work item in the words for tasks. */
async function asTask(ended: Promise<void>): Promise<void> {
  try {
    await ended;
  } catch (error) {
    if (error instanceof ApiError && error.reason.startsWith('workItem')) throw taskClosed();
    throw error;
  }
}

function taskClosed(): ApiError {
  const message = 'Give the task up: it has ended, timed out, or been withdrawn, and its token is no longer valid.';
  return new ApiError('taskClosed', 'Provided task does not exist anymore', message);
}
