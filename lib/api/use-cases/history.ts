import type { ExecutionEvent } from '../../model/event.ts';
import type { Page } from '../../ports/execution-index.ts';
import { History } from '../../state/history/history.ts';
import type { HistoryEvent } from '../../state/history/history-event.ts';
import type { Services } from '../services.ts';
import { loadExecution } from './executions.ts';
import { pageTokenInvalid } from './pages.ts';

export interface HistoryQuery {
  /** 1 … 1,000. */
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** `Page.next` of the page before. */
  readonly after?: string | undefined;
}

/**
 * What happened to an execution, in Step Functions' events. A page costs reading the log up to its last event, since
 * an event's number and predecessor follow from all those before it.
 * @throws ApiError `executionNotFound`, `pageTokenInvalid`
 */
export async function readHistory(
  services: Services,
  execution: string,
  query: HistoryQuery,
): Promise<Page<HistoryEvent>> {
  const { plan, state } = await loadExecution(services, execution);
  const { first, last } = bounds(query, state.historyLength);
  const history = new History(plan);
  const events: HistoryEvent[] = [];
  for await (const event of logOf(services, execution)) {
    for (const shown of history.push(event)) if (shown.id >= first && shown.id <= last) events.push(shown);
    if ((events.at(-1)?.id ?? 0) >= last) break;
  }
  if (query.order === 'desc') events.reverse();
  const isLastPage = query.order === 'asc' ? last >= state.historyLength : first <= 1;
  const end = events.at(-1);
  return isLastPage || end === undefined ? { items: events } : { items: events, next: token(query.order, end.id) };
}

async function* logOf(services: Services, execution: string): AsyncGenerator<ExecutionEvent, void, undefined> {
  for (let from = 0; ; ) {
    const commits = await services.states.events(execution, from);
    for (const { events } of commits) yield* events;
    const end = commits.at(-1);
    if (end === undefined) return;
    from = end.number + 1;
  }
}

/** Numbers of the page's first and last event, in ascending order. */
function bounds({ limit, order, after }: HistoryQuery, length: number): { first: number; last: number } {
  const position = after === undefined ? undefined : readToken(order, after);
  if (order === 'asc') {
    const first = (position ?? 0) + 1;
    return { first, last: Math.min(length, first + limit - 1) };
  }
  const last = Math.min(length, (position ?? length + 1) - 1);
  return { first: Math.max(1, last - limit + 1), last };
}

function token(order: HistoryQuery['order'], id: number): string {
  return `${order}-${id}`;
}

function readToken(order: HistoryQuery['order'], text: string): number {
  const [, stated, id] = /^(asc|desc)-(\d{1,15})$/.exec(text) ?? [];
  if (stated !== order) throw pageTokenInvalid();
  return Number(id);
}
