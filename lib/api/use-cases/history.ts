import type { Page } from '../../ports/execution-index.ts';
import { type HistoryEvent, truncated } from '../../state/history/history-event.ts';
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
 * What happened to an execution, in Step Functions' events. A page is shorter than asked for where it would grow beyond
 * what an answer may hold; a single event beyond that comes without its payloads, marked as truncated. Going forward,
 * all pages together cost one reading of the log; a page of the reverse order costs reading it up to the page's end.
 * @throws ApiError `executionNotFound`, `pageTokenInvalid`
 */
export async function readHistory(
  services: Services,
  execution: string,
  query: HistoryQuery,
): Promise<Page<HistoryEvent>> {
  const { state } = await loadExecution(services, execution);
  const { first, last } = bounds(query, state.historyLength);
  const reader = await services.states.histories.take(execution, first - 1);
  const page = new HistoryPage(query.order, services.policy.maxAnswerBytes);
  while (reader.position < last) {
    const event = await reader.next();
    if (event === undefined) break;
    if (page.add(event)) continue;
    reader.putBack(event);
    break;
  }
  const { events } = page;
  if (query.order === 'asc') services.states.histories.keep(reader);
  else events.reverse();
  const end = events.at(-1);
  const isLastPage = query.order === 'asc' ? end?.id === state.historyLength : end?.id === 1;
  return isLastPage || end === undefined ? { items: events } : { items: events, next: token(query.order, end.id) };
}

/** The events of a page, in ascending order. */
class HistoryPage {
  readonly events: HistoryEvent[] = [];
  readonly #order: HistoryQuery['order'];
  readonly #maxBytes: number;
  readonly #sizes: number[] = [];
  #bytes = 0;

  constructor(order: HistoryQuery['order'], maxBytes: number) {
    this.#order = order;
    this.#maxBytes = maxBytes;
  }

  /** False: it does not fit any more. A page that is read backwards makes room by giving up its first events. */
  add(given: HistoryEvent): boolean {
    const { event, bytes: size } = fitted(given, this.#maxBytes);
    if (this.#order === 'asc' && this.events.length > 0 && this.#bytes + size > this.#maxBytes) return false;
    this.events.push(event);
    this.#sizes.push(size);
    this.#bytes += size;
    while (this.events.length > 1 && this.#bytes > this.#maxBytes) {
      this.events.shift();
      this.#bytes -= this.#sizes.shift() ?? 0;
    }
    return true;
  }
}

/** The event as an answer can hold it, and how much of the answer it takes. */
export function fitted(
  given: HistoryEvent,
  maxBytes: number,
): { readonly event: HistoryEvent; readonly bytes: number } {
  const bytes = sizeOf(given, maxBytes);
  if (bytes <= maxBytes) return { event: given, bytes };
  const event = truncated(given);
  return { event, bytes: sizeOf(event, maxBytes) };
}

/** Bytes of the event in an answer; not counted where there is no limit. */
function sizeOf(event: HistoryEvent, limit: number): number {
  return limit === Number.POSITIVE_INFINITY ? 0 : Buffer.byteLength(JSON.stringify(event));
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
