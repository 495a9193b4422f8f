import { isJsonArray, type Json, type JsonObject } from '../../model/json.ts';
import type { ResultTarget } from '../../model/plan.ts';
import type { ChildResult, PendingChild } from '../../ports/item-storage.ts';

/** What is written of one child: nothing but its output where that is asked for and there is one. */
export function* resultsOf(child: ChildResult, { transformation }: ResultTarget): Generator<Json> {
  if (child.status !== 'SUCCEEDED' || transformation === 'NONE') {
    yield closedRecord(child);
    return;
  }
  const { output = null } = child;
  if (transformation === 'FLATTEN' && isJsonArray(output)) yield* output;
  else yield output;
}

/** A closed child as Step Functions writes it. */
function closedRecord(child: ChildResult): JsonObject {
  const { failure = {}, output, status } = child;
  const succeeded = status === 'SUCCEEDED';
  return {
    ...(failure.cause === undefined ? {} : { Cause: failure.cause }),
    ...(failure.error === undefined ? {} : { Error: failure.error }),
    ExecutionArn: child.execution,
    Input: JSON.stringify(child.input),
    InputDetails: INCLUDED,
    Name: child.name,
    ...(output === undefined ? {} : { Output: JSON.stringify(output), OutputDetails: INCLUDED }),
    RedriveCount: child.redriveCount,
    RedriveStatus: succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(succeeded ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: new Date(child.startedAt).toISOString(),
    StateMachineArn: child.workflow,
    Status: status,
    StopDate: new Date(child.closedAt).toISOString(),
  };
}

/** A child that was never started. */
export function pendingRecord(child: PendingChild): JsonObject {
  return {
    ExecutionArn: child.execution,
    Input: JSON.stringify(child.input),
    InputDetails: INCLUDED,
    Name: child.name,
    StateMachineArn: child.workflow,
    Status: 'PENDING',
  };
}

const INCLUDED = { Included: true };
