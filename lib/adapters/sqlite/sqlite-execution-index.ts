import type { ExecutionIndex, ExecutionQuery, ExecutionRow, Page } from '../../ports/execution-index.ts';
import { pageToken, positionOf } from '../page-token.ts';
import type { Channel } from './channel.ts';
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
    const { workflow, version, alias, mapRun, redriven, status, startedFrom, startedTo, limit } = query;
    const bound = [
      'executions',
      workflow,
      status,
      startedFrom,
      startedTo,
      version,
      alias,
      mapRun,
      redriven?.toString(),
    ];
    const [startedUpTo, before] = query.after === undefined ? [] : positionOf(query.after, bound);
    const found = await this.#channel.call(
      'listExecutions',
      {
        workflow: workflow ?? null,
        version: version ?? null,
        alias: alias ?? null,
        mapRun: mapRun ?? null,
        redriven: redriven === undefined ? null : Number(redriven),
        status: status ?? null,
      },
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
}
