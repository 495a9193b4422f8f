import { executionArn } from '../../model/arn.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { WorkflowRef } from '../../model/state.ts';
import type { PastState } from '../../state/past.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { loadExecution, startRefused } from './executions.ts';
import { checkName } from './names.ts';
import { pastAt } from './past.ts';
import { checkPayload } from './payload.ts';
import { type DefinitionChange, revisionOf } from './redrive.ts';

export interface Fork {
  /** ARN of the other execution. */
  readonly execution: string;
  /** As of `stateAt`; absent: as it is now, or as it was right before its end began if it did not succeed. */
  readonly at?: string | undefined;
  /** Of the new execution; absent: a UUID. */
  readonly name?: string | undefined;
  /** Absent: that of the other one; likewise the variables, which go over those that it had. */
  readonly input?: Json | undefined;
  readonly variables?: JsonObject | undefined;
  /** Absent: the definition that it had at that moment. */
  readonly change?: DefinitionChange | undefined;
}

/**
 * Starts an execution that goes on from where another one was. Answers with its ARN.
 * @throws ApiError `momentInvalid`, `executionExists`, `nameInvalid`, `inputInvalid`, `startRefused`, `stageFailed`,
 * `notSupported` for express workflows, or `definitionMismatch` where what was open cannot go on.
 */
export async function forkExecution(services: Services, request: Fork): Promise<string> {
  const { execution, name = services.ids.uuid(), input, variables, change } = request;
  checkName(name);
  for (const payload of [input, variables]) if (payload !== undefined) checkPayload(payload, 'inputInvalid');
  const past = await originOf(services, execution, request.at);
  const { workflow } = past.state.identity;
  if (workflow.type === 'EXPRESS') {
    throw new ApiError('notSupported', execution, 'Start it anew: executions of express workflows cannot be forked.');
  }
  const id = executionArn(services.place, workflow.name, name);
  const identity = { id, name, workflow: await workflowOf(services, workflow, change) };
  const outcome = await services.engine.fork({ past, identity, input, variables });
  switch (outcome.kind) {
    case 'forked':
      return id;
    case 'nameTaken':
      throw new ApiError('executionExists', id, 'Choose another name: there is an execution of this one.');
    case 'refused':
      throw startRefused(outcome);
    case 'mismatch': {
      const problems = outcome.problems.join(' ');
      throw new ApiError('definitionMismatch', problems, `Choose another moment or definition. ${problems}`);
    }
  }
}

async function originOf(services: Services, execution: string, at: string | undefined): Promise<PastState> {
  if (at !== undefined) return pastAt(services, execution, at);
  const live = await loadExecution(services, execution);
  const { state, number } = live;
  if (state.status === 'RUNNING' || state.status === 'SUCCEEDED') {
    return { state, plan: live.plan, commit: number, at: services.clock.now() };
  }
  const before = await services.states.past.beforeEnd(execution, number);
  return { ...before, commit: number, at: state.closedAt ?? services.clock.now() };
}

/** A version or an alias stands for a definition: with another one it is not that any more. */
async function workflowOf(
  services: Services,
  workflow: WorkflowRef,
  change: DefinitionChange | undefined,
): Promise<WorkflowRef> {
  if (change === undefined) return workflow;
  const { version: _version, alias: _alias, ...rest } = workflow;
  const { revision, roleArn } = await revisionOf(services, workflow, change);
  return { ...rest, revision, roleArn };
}
