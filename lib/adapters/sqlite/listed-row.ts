import type { ExecutionStatus } from '../../model/state.ts';
import type { ExecutionRow } from '../../ports/execution-index.ts';
import type { ListedRow } from './execution-table.ts';

export function listedRow(row: ExecutionRow): ListedRow {
  const { execution, name, workflow, status, startedAt, closedAt = null, commit, version = null, alias = null } = row;
  return [execution, name, workflow, status, startedAt, closedAt, commit, version, alias];
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
    commit,
  };
}
