import type { DeadLetter, DeadLetters } from '../../execution/dead-letters.ts';
import type { Page } from '../../ports/execution-index.ts';
import { workflowNameIn } from '../auth/demand.ts';
import { may } from '../auth/principal.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

const PAGE = 200;
/** So many are sent by one request at most: it has to be answered in time. */
const MOST_AT_ONCE = 2_000;

/** Those of executions that the caller may list. @throws ApiError `pageTokenInvalid`, `notSupported` */
export async function listDeadLetters(
  services: Services,
  limit: number,
  after: string | undefined,
): Promise<Page<DeadLetter>> {
  const { items, ...page } = await pageOf(lettersOf(services).list(limit, after));
  const { caller } = services;
  const isSeen = ({ execution }: DeadLetter) =>
    caller === undefined || may(caller, 'executions:list', workflowNameIn(execution));
  return { ...page, items: items.filter(isSeen) };
}

export interface Redriven {
  readonly redriven: readonly string[];
  /** There are others: ask again. */
  readonly more: boolean;
}

/**
 * Sends the messages of executions anew that had been given up. Those that are in order do nothing.
 *
 * @param executions ARNs; absent: all.
 * @throws ApiError `deadLetterNotFound`, before anything is sent, if one of those named has not been given up.
 */
export async function redriveDeadLetters(
  services: Services,
  executions: readonly string[] | undefined,
): Promise<Redriven> {
  const letters = lettersOf(services);
  if (executions === undefined) return redriveAll(letters);
  for (const execution of executions) if ((await letters.find(execution)) === undefined) throw notFound(execution);
  return { redriven: await letters.redrive(executions), more: false };
}

async function redriveAll(letters: DeadLetters): Promise<Redriven> {
  const redriven: string[] = [];
  let after: string | undefined;
  do {
    const page: Page<DeadLetter> = await letters.list(PAGE, after);
    redriven.push(...(await letters.redrive(page.items.map(({ execution }) => execution))));
    after = page.next;
  } while (after !== undefined && redriven.length < MOST_AT_ONCE);
  return { redriven, more: after !== undefined };
}

/** Forgets that the execution was given up; it stays as it is. @throws ApiError `deadLetterNotFound`, `notSupported` */
export async function deleteDeadLetter(services: Services, execution: string): Promise<void> {
  if (!(await lettersOf(services).delete(execution))) throw notFound(execution);
}

function lettersOf({ deadLetters }: Services): DeadLetters {
  if (deadLetters !== undefined) return deadLetters;
  throw new ApiError('notSupported', 'deadLetters', 'Ask an engine that keeps dead letters: this one has none.');
}

function notFound(execution: string): ApiError {
  const message = `Look at the list of dead letters: "${execution}" is not among them, so that nothing has to be done.`;
  return new ApiError('deadLetterNotFound', execution, message);
}
