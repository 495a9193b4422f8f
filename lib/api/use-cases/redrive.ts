import type { Revision } from '../../execution/workflows.ts';
import type { WorkflowRef } from '../../model/state.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { describeExecution, executionNotFound } from './executions.ts';
import { checkDefinition, findWorkflow, refuseInvalid } from './workflows.ts';

export interface Redrive {
  /** ARN. */
  readonly execution: string;
  readonly clientToken?: string | undefined;
  /** What the execution goes on with; absent: the definition it had. */
  readonly change?: DefinitionChange | undefined;
}

export type DefinitionChange =
  | { readonly kind: 'latest' }
  /** It becomes a revision that only executions redriven with it run. */
  | { readonly kind: 'definition'; readonly text: string };

/**
 * Takes up an execution that has failed, timed out or been aborted. Answers with the moment, ms since the epoch.
 * @throws ApiError `executionNotRedrivable`, or `definitionMismatch` where what is open does not fit into the new
 * definition.
 */
export async function redriveExecution(services: Services, request: Redrive): Promise<number> {
  const { execution, clientToken, change } = request;
  const { identity } = await describeExecution(services, execution);
  const outcome = await services.engine.redrive({
    execution,
    periodMs: services.policy.redrivableMs,
    ...(clientToken === undefined ? {} : { clientToken }),
    ...(change === undefined ? {} : { revision: await revisionOf(services, identity.workflow, change) }),
  });
  switch (outcome.kind) {
    case 'redriven':
    case 'repeated':
      return outcome.at;
    case 'notFound':
      throw executionNotFound(execution);
    case 'notRedrivable': {
      const message = `Start a new execution instead, or wait for the end of this one: ${outcome.reason}.`;
      throw new ApiError('executionNotRedrivable', outcome.reason, message);
    }
    case 'mismatch': {
      const problems = outcome.problems.join(' ');
      throw new ApiError('definitionMismatch', problems, `Give a definition that has what is open. ${problems}`);
    }
  }
}

/** The revision that a change stands for, made where there is none yet. @throws ApiError */
export async function revisionOf(
  services: Services,
  workflow: WorkflowRef,
  change: DefinitionChange,
): Promise<Pick<Revision, 'revision' | 'roleArn'>> {
  if (change.kind === 'latest') return findWorkflow(services, workflow.name);
  refuseInvalid(change.text, checkDefinition(services, change.text, workflow.type));
  const { roleArn } = workflow;
  const revision = services.ids.uuid();
  const createdAt = services.clock.now();
  await services.workflows.addRevision(workflow.id, { revision, definition: change.text, roleArn, createdAt });
  return { revision, roleArn };
}
