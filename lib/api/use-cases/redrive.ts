import { createHash } from 'node:crypto';
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
  const revision = revisionFor(change.text, roleArn);
  const createdAt = services.clock.now();
  await services.workflows.addRevision(workflow.id, { revision, definition: change.text, roleArn, createdAt });
  return { revision, roleArn };
}

/**
 * Of the same text the same, however many executions go on with it, and however often that is asked for: a UUID of
 * version 8 (RFC 9562).
 */
export function revisionFor(text: string, roleArn: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([text, roleArn]))
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
