import { labelsOf } from '../../model/search.ts';
import type {
  ExecutionCounts,
  ExecutionIndex,
  ExecutionQuery,
  ExecutionRow,
  Page,
} from '../../ports/execution-index.ts';
import { listIdentity } from '../execution-query.ts';
import { pageToken, positionOf } from '../page-token.ts';
import type { Channel } from './channel.ts';
import type { ListFilter } from './execution-table.ts';
import { executionRow, listedRow } from './listed-row.ts';

/** Lists of executions, as of the last commit. */
export class SqliteExecutionIndex implements ExecutionIndex {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async put(row: ExecutionRow): Promise<void> {
    await this.#channel.call('takeRow', listedRow(row));
  }

  async list(query: ExecutionQuery): Promise<Page<ExecutionRow>> {
    const { startedFrom, startedTo, limit } = query;
    const bound = listIdentity(query);
    const [startedUpTo, before] = query.after === undefined ? [] : positionOf(query.after, bound);
    const found = await this.#channel.call(
      'listExecutions',
      filterOf(query),
      typeof startedUpTo === 'number' ? startedUpTo : (startedTo ?? Number.MAX_SAFE_INTEGER),
      typeof before === 'number' ? before : Number.MAX_SAFE_INTEGER,
      startedFrom ?? Number.MIN_SAFE_INTEGER,
      limit + 1,
    );
    const page = found.slice(0, limit);
    const items = page.map(([, ...row]) => executionRow(row));
    const last = page.at(-1);
    if (found.length <= limit || last === undefined) return { items };
    return { items, next: pageToken(bound, [last[5], last[0]]) };
  }
  async count(query: Omit<ExecutionQuery, 'limit' | 'after'>): Promise<ExecutionCounts> {
    const { startedFrom = Number.MIN_SAFE_INTEGER, startedTo = Number.MAX_SAFE_INTEGER } = query;
    const counts = await this.#channel.call('countExecutions', filterOf(query), startedFrom, startedTo);
    return { byStatus: Object.fromEntries(counts), isComplete: true };
  }
}

function filterOf(query: Omit<ExecutionQuery, 'limit' | 'after'>): ListFilter {
  const { workflow, version, alias, mapRun, redriven, status, search } = query;
  return {
    workflow: workflow ?? null,
    version: version ?? null,
    alias: alias ?? null,
    mapRun: mapRun ?? null,
    redriven: redriven === undefined ? null : Number(redriven),
    status: status ?? null,
    labels: search === undefined ? [] : labelsOf(search),
  };
}
