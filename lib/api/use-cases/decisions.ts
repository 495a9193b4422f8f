import type { Command } from '../../model/command.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';

type Told = Exclude<Command, { type: 'StartExecution' | 'Wake' }>;

/** Commits of a log that are read at a time. */
const PAGE = 1_000;

/**
 * Tells the execution something and waits until it has decided what that changes, which then is in its log.
 * @throws ApiError `executionBusy` if that takes longer than the policy allows. What was told stays told.
 */
export async function tell(services: Services, execution: string, command: Told): Promise<'deposited' | 'exists'> {
  const outcome = await services.engine.submit(execution, command, services.policy.decideMs);
  if (outcome !== 'pending') return outcome;
  const message = 'Send the same request again: the execution has not got round to it yet, and will.';
  throw new ApiError('executionBusy', execution, message);
}

/** What happened in the execution after commit `number`, in order. */
export async function* eventsAfter(
  { states }: Services,
  execution: string,
  number: number,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  for (let from = number + 1; ; ) {
    const commits = await states.events(execution, from, PAGE);
    for (const { events } of commits) yield* events;
    const last = commits.at(-1);
    if (last === undefined) return;
    from = last.number + 1;
  }
}

/** The first event that fits; `undefined`: there is none. */
export async function findEvent<E extends ExecutionEvent>(
  events: AsyncIterable<ExecutionEvent>,
  fits: (event: ExecutionEvent) => event is E,
): Promise<E | undefined> {
  for await (const event of events) if (fits(event)) return event;
  return undefined;
}
