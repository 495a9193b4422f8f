import { migrationProblems } from '../../model/migrate.ts';
import type { Plan } from '../../model/plan.ts';
import type { WorkflowRef } from '../../model/state.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { describeExecution, executionNotFound, loadExecution } from './executions.ts';
import { type DefinitionChange, revisionFor, revisionOf } from './redrive.ts';
import { checkDefinition, findWorkflow, refuseInvalid } from './workflows.ts';

export interface Migration {
  /** ARN. */
  readonly execution: string;
  readonly change: DefinitionChange;
}

/**
 * Has an execution that runs go on with another definition. `'same'`: it has that one already.
 * @throws ApiError `executionClosed`, or `definitionMismatch` where what is open does not fit into the new definition.
 */
export async function migrateExecution(
  services: Services,
  { execution, change }: Migration,
): Promise<'migrated' | 'same'> {
  const { identity } = await describeExecution(services, execution);
  const { revision, roleArn } = await revisionOf(services, identity.workflow, change);
  const outcome = await services.engine.migrate({ execution, to: { revision, roleArn } });
  switch (outcome.kind) {
    case 'migrated':
    case 'same':
      return outcome.kind;
    case 'notFound':
      throw executionNotFound(execution);
    case 'closed':
      throw closed(execution);
    case 'mismatch':
      throw mismatch(outcome.problems);
  }
}

/** Whether it could be migrated, as it is now; changes nothing. @throws as `migrateExecution` */
export async function checkMigration(services: Services, { execution, change }: Migration): Promise<'fits' | 'same'> {
  const { state, plan: before } = await loadExecution(services, execution);
  if (state.status !== 'RUNNING') throw closed(execution);
  const { workflow } = state.identity;
  const after = await planFor(services, workflow, change);
  if (after === undefined) return 'same';
  const problems = migrationProblems({ state, before, after });
  if (problems.length > 0) throw mismatch(problems);
  return 'fits';
}

/** `undefined`: the one it has. */
async function planFor(services: Services, workflow: WorkflowRef, change: DefinitionChange): Promise<Plan | undefined> {
  if (change.kind === 'latest') {
    const { id, revision } = await findWorkflow(services, workflow.name);
    return revision === workflow.revision ? undefined : services.workflows.plan({ id, revision });
  }
  refuseInvalid(change.text, checkDefinition(services, change.text, workflow.type));
  if (revisionFor(change.text, workflow.roleArn) === workflow.revision) return undefined;
  return services.loadDefinition(change.text, { type: workflow.type }).plan;
}

function closed(execution: string): ApiError {
  return new ApiError('executionClosed', execution, 'Redrive it, or start a new one: it has closed.');
}

function mismatch(all: readonly string[]): ApiError {
  const problems = all.join(' ');
  return new ApiError('definitionMismatch', problems, `Give a definition that has what is open. ${problems}`);
}
