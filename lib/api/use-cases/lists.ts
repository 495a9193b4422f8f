import type { ExecutionCounts, ExecutionQuery, ExecutionRow, Page } from '../../ports/execution-index.ts';
import { workflowNameIn } from '../auth/demand.ts';
import { visiblePage } from '../auth/guard.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

/** From the read model, which may lag; newest start first. @throws ApiError `pageTokenInvalid` */
export async function listExecutions(services: Services, query: ExecutionQuery): Promise<Page<ExecutionRow>> {
  const page = await pageOf(services.index.list(query));
  return visiblePage(services, 'executions:list', page, ({ workflow }) => workflowNameIn(workflow));
}

/** From the read model, which may lag. */
export function countExecutions(
  { index }: Services,
  query: Omit<ExecutionQuery, 'limit' | 'after'>,
): Promise<ExecutionCounts> {
  return index.count(query);
}

/** What one request may take: it must be answered within 30 s on AWS. */
const REBUILD_MS = 10_000;
const COMMITS_AT_ONCE = 500;
const PARALLEL_ROWS = 32;

/**
 * Puts a part of the rows in the log into the lists, which take those that are newer than theirs: so it can be done again,
 * and while others write. `next`: the rest, from there on.
 *
 * @throws ApiError `pageTokenInvalid`
 */
export async function rebuildLists(
  { rows: log, index, clock }: Services,
  from: string | undefined,
): Promise<{ readonly rows: number; readonly next?: string }> {
  const until = clock.now() + REBUILD_MS;
  let rows = 0;
  let after = from;
  do {
    const page = await pageOf(log.rows({ limit: COMMITS_AT_ONCE, ...(after === undefined ? {} : { after }) }));
    for (let i = 0; i < page.items.length; i += PARALLEL_ROWS) {
      await Promise.all(page.items.slice(i, i + PARALLEL_ROWS).map((row) => index.put(row)));
    }
    rows += page.items.length;
    after = page.next;
  } while (after !== undefined && clock.now() < until);
  return { rows, ...(after === undefined ? {} : { next: after }) };
}
