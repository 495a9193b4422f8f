import type { SearchFields } from '../../model/search.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import type { ExecutionRow } from '../../ports/execution-index.ts';
import type { ListedRow } from './execution-table.ts';

export function listedRow(row: ExecutionRow): ListedRow {
  const { execution, name, workflow, status, startedAt, closedAt = null, commit, version = null, alias = null } = row;
  const { redriven, mapRun = null, itemCount = null, search, suspendedAt = null } = row;
  return [
    execution,
    name,
    workflow,
    status,
    startedAt,
    closedAt,
    commit,
    version,
    alias,
    redriven?.count ?? null,
    redriven?.at ?? null,
    mapRun,
    itemCount,
    search === undefined ? null : JSON.stringify(search),
    suspendedAt,
  ];
}

export function executionRow([
  execution,
  name,
  workflow,
  status,
  startedAt,
  closedAt,
  commit,
  // Rows in commits of older versions end here.
  version = null,
  alias = null,
  redriveCount = null,
  redrivenAt = null,
  mapRun = null,
  itemCount = null,
  search = null,
  suspendedAt = null,
]: ListedRow): ExecutionRow {
  return {
    execution,
    name,
    workflow,
    ...(version === null ? {} : { version }),
    ...(alias === null ? {} : { alias }),
    // Only `listedRow` writes this column.
    status: status as ExecutionStatus,
    startedAt,
    ...(closedAt === null ? {} : { closedAt }),
    ...(redriveCount === null || redrivenAt === null ? {} : { redriven: { count: redriveCount, at: redrivenAt } }),
    ...(mapRun === null ? {} : { mapRun }),
    ...(itemCount === null ? {} : { itemCount }),
    // Written by `listedRow`.
    ...(search === null ? {} : { search: JSON.parse(search) as SearchFields }),
    ...(suspendedAt === null ? {} : { suspendedAt }),
    commit,
  };
}
