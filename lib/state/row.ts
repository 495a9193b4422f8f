import type { ExecutionState } from '../model/state.ts';
import type { ExecutionRow } from '../ports/execution-index.ts';

/** What the read model shows of an execution, as of a commit. */
export function rowOf(state: ExecutionState, commit: number): ExecutionRow {
  const { id, name, workflow, startedAt } = state.identity;
  const closed = state.closedAt === undefined ? {} : { closedAt: state.closedAt };
  return { execution: id, name, workflow: workflow.id, status: state.status, startedAt, ...closed, commit };
}
