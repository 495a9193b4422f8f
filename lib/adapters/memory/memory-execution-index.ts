import { matchesSearch } from '../../model/search.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import type {
  ExecutionCounts,
  ExecutionIndex,
  ExecutionQuery,
  ExecutionRow,
  Page,
} from '../../ports/execution-index.ts';
import { listIdentity } from '../execution-query.ts';
import { pageToken, positionOf } from '../page-token.ts';

interface Entry {
  readonly row: ExecutionRow;
  /** Counts executions; decides between those of one time. */
  readonly serial: number;
}

/** Lists of executions by going through all of them: for tests and simulation. */
export class MemoryExecutionIndex implements ExecutionIndex {
  readonly #entries = new Map<string, Entry>();

  async put(row: ExecutionRow): Promise<void> {
    const entry = this.#entries.get(row.execution);
    if (entry !== undefined && entry.row.commit >= row.commit) return;
    const serial = entry?.serial ?? this.#entries.size;
    const { unlisted: _, ...listed } = row;
    this.#entries.set(row.execution, { row: Object.freeze(listed), serial });
  }

  async list(query: ExecutionQuery): Promise<Page<ExecutionRow>> {
    const { limit } = query;
    const bound = listIdentity(query);
    const [startedAt, serial] = query.after === undefined ? [] : positionOf(query.after, bound);
    const found = [...this.#entries.values()]
      .filter((entry) => matches(entry.row, query))
      .sort(newestFirst)
      .filter((entry) => isBehind(entry, Number(startedAt ?? Infinity), Number(serial ?? Infinity)));
    const page = found.slice(0, limit);
    const items = page.map((entry) => entry.row);
    const last = page.at(-1);
    if (found.length <= limit || last === undefined) return { items };
    return { items, next: pageToken(bound, [last.row.startedAt, last.serial]) };
  }

  async count(query: Omit<ExecutionQuery, 'limit' | 'after'>): Promise<ExecutionCounts> {
    const byStatus: Partial<Record<ExecutionStatus, number>> = {};
    for (const { row } of this.#entries.values()) {
      if (matches(row, query)) byStatus[row.status] = (byStatus[row.status] ?? 0) + 1;
    }
    return { byStatus, isComplete: true };
  }
}

function matches(row: ExecutionRow, query: Omit<ExecutionQuery, 'limit' | 'after'>): boolean {
  return (
    (query.workflow === undefined || row.workflow === query.workflow) &&
    (query.version === undefined || row.version === query.version) &&
    (query.alias === undefined || row.alias === query.alias) &&
    (query.mapRun === undefined || row.mapRun === query.mapRun) &&
    (query.redriven === undefined || (row.redriven !== undefined) === query.redriven) &&
    (query.search === undefined || matchesSearch(row.search, query.search)) &&
    (query.status === undefined || row.status === query.status) &&
    row.startedAt >= (query.startedFrom ?? -Infinity) &&
    row.startedAt <= (query.startedTo ?? Infinity)
  );
}

function newestFirst(a: Entry, b: Entry): number {
  return b.row.startedAt - a.row.startedAt || b.serial - a.serial;
}

function isBehind(entry: Entry, startedAt: number, serial: number): boolean {
  return entry.row.startedAt < startedAt || (entry.row.startedAt === startedAt && entry.serial < serial);
}
