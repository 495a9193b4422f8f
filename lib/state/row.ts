import type { ExecutionState } from '../model/state.ts';
import type { ExecutionRow } from '../ports/execution-index.ts';

/** What the read model shows of an execution, as of a commit. */
export function rowOf(state: ExecutionState, commit: number, hash: string): ExecutionRow {
  const { id, name, workflow, startedAt } = state.identity;
  const { redriven, search, suspended } = state;
  const { mapRun } = state.identity;
  return {
    execution: id,
    name,
    workflow: workflow.id,
    ...(workflow.version === undefined ? {} : { version: workflow.version }),
    ...(workflow.alias === undefined ? {} : { alias: workflow.alias }),
    status: state.status,
    startedAt,
    ...(state.closedAt === undefined ? {} : { closedAt: state.closedAt }),
    ...(search === undefined ? {} : state.erasedAt === undefined ? { search } : { unlisted: search }),
    ...(suspended === undefined ? {} : { suspendedAt: suspended.at }),
    ...(redriven === undefined ? {} : { redriven: { count: redriven.count, at: redriven.at } }),
    ...(mapRun === undefined ? {} : { mapRun: mapRun.run }),
    ...(mapRun?.itemCount === undefined ? {} : { itemCount: mapRun.itemCount }),
    commit,
    hash,
  };
}
