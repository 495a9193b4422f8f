import { labelsOf } from '../model/search.ts';
import type { ExecutionQuery } from '../ports/execution-index.ts';

/** What tells a list of executions from others: a token of its pages is good for no other list. */
export function listIdentity(query: ExecutionQuery): readonly (string | number | undefined)[] {
  const { workflow, version, alias, mapRun, redriven, status, startedFrom, startedTo, search = {} } = query;
  const common = ['executions', workflow, status, startedFrom, startedTo, version, alias, mapRun, redriven?.toString()];
  return [...common, ...labelsOf(search)];
}
