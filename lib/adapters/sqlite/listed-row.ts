import type { ExecutionStatus } from '../../model/state.ts';
import type { ExecutionRow } from '../../ports/execution-index.ts';
import type { ListedRow } from './execution-table.ts';

export function listedRow(row: ExecutionRow): ListedRow {
  return [row.execution, row.name, row.workflow, row.status, row.startedAt, row.closedAt ?? null, row.commit];
}

export function executionRow([
  execution,
  name,
  workflow,
  status,
  startedAt,
  closedAt,
  commit,
]: ListedRow): ExecutionRow {
  return {
    execution,
    name,
    workflow,
    // Only `listedRow` writes this column.
    status: status as ExecutionStatus,
    startedAt,
    ...(closedAt === null ? {} : { closedAt }),
    commit,
  };
}
