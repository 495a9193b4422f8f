import type { Revision, Workflow } from '../../execution/workflows.ts';
import type { Finding } from '../../language/index.ts';
import { workflowArn } from '../../model/arn.ts';
import { jsonEqual } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { checkName } from './names.ts';
import { pageOf } from './pages.ts';
import {
  checkLogging,
  defaultLogging,
  type LoggingSettings,
  mergeTags,
  settingsOf,
  type Tag,
  toSettings,
  type WorkflowSettings,
} from './settings.ts';

export type WorkflowType = Workflow['type'];

export interface NewWorkflow {
  readonly name: string;
  readonly definition: string;
  readonly type: WorkflowType;
  readonly roleArn: string;
  readonly logging?: LoggingSettings | undefined;
  readonly tracing?: { readonly enabled: boolean } | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

export interface WorkflowChange {
  readonly definition?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly logging?: LoggingSettings | undefined;
  readonly tracing?: { readonly enabled: boolean } | undefined;
}

export interface CreatedWorkflow {
  readonly workflow: Workflow;
  /** False: it was there already. */
  readonly isNew: boolean;
}

/** A workflow with the definition that new executions run. */
export interface DefinedWorkflow {
  readonly workflow: Workflow;
  readonly definition: string;
}

/**
 * Registers a workflow. Doing it again with the same definition, type, logging and tracing changes nothing (role and
 * tags are not compared), and answers with what is there.
 * @throws ApiError `workflowExists` where there is another of the name.
 */
export async function createWorkflow(services: Services, request: NewWorkflow): Promise<CreatedWorkflow> {
  checkName(request.name);
  checkLogging(request.logging);
  refuseInvalid(checkDefinition(services, request.definition, request.type));
  const existing = await services.workflows.find(request.name);
  if (existing !== undefined) return repeatedCreation(services, existing, request);
  const now = services.clock.now();
  const id = workflowArn(services.place, request.name);
  const { logging, tracing } = request;
  const workflow: Workflow = {
    id,
    name: request.name,
    type: request.type,
    roleArn: request.roleArn,
    createdAt: now,
    revision: services.ids.uuid(),
    revisedAt: now,
    settings: toSettings({
      ...(logging === undefined ? {} : { logging }),
      ...(tracing === undefined ? {} : { tracing }),
      ...(request.tags === undefined ? {} : { tags: mergeTags([], request.tags, id) }),
    }),
  };
  if ((await services.workflows.create(workflow, request.definition)) === 'created') return { workflow, isNew: true };
  const faster = await services.workflows.find(request.name);
  return faster === undefined ? createWorkflow(services, request) : repeatedCreation(services, faster, request);
}

async function repeatedCreation(
  services: Services,
  existing: Workflow,
  request: NewWorkflow,
): Promise<CreatedWorkflow> {
  if (await isSame(services, existing, request)) return { workflow: existing, isNew: false };
  throw workflowExists(existing, 'is different');
}

function workflowExists({ id, name }: Workflow, how: string): ApiError {
  return new ApiError(
    'workflowExists',
    id,
    `Choose another name, or update the workflow "${name}": it exists and ${how}.`,
  );
}

/** Whether creating or updating to this would change anything; role and tags are not compared. */
async function isSame(services: Services, existing: Workflow, wanted: NewWorkflow): Promise<boolean> {
  const { logging, tracing } = settingsOf(existing);
  const { definition } = await definitionOf(services, existing);
  return (
    definition === wanted.definition &&
    existing.type === wanted.type &&
    jsonEqual({ ...defaultLogging, ...logging }, { ...defaultLogging, ...wanted.logging }) &&
    (tracing?.enabled ?? false) === (wanted.tracing?.enabled ?? false)
  );
}

/** Creates the workflow, or makes the one of that name the same; where it is the same already, nothing is written. */
export async function putWorkflow(services: Services, request: NewWorkflow): Promise<CreatedWorkflow> {
  const existing = await services.workflows.find(request.name);
  if (existing === undefined) return createWorkflow(services, request);
  if (existing.type !== request.type) throw workflowExists(existing, `is of type ${existing.type}`);
  const same = existing.roleArn === request.roleArn && (await isSame(services, existing, request));
  if (same) return { workflow: existing, isNew: false };
  const { definition, roleArn, logging = defaultLogging, tracing = { enabled: false } } = request;
  return {
    workflow: await updateWorkflow(services, request.name, { definition, roleArn, logging, tracing }),
    isNew: false,
  };
}

/** @throws ApiError `workflowNotFound` */
export async function findWorkflow(services: Services, name: string): Promise<Workflow> {
  const workflow = await services.workflows.find(name);
  if (workflow === undefined) throw workflowNotFound(services, name);
  return workflow;
}

function workflowNotFound(services: Services, name: string): ApiError {
  const message = `Create the workflow "${name}" first, or look at the list of workflows for the right name.`;
  return new ApiError('workflowNotFound', workflowArn(services.place, name), message);
}

export async function describeWorkflow(services: Services, name: string): Promise<DefinedWorkflow> {
  const workflow = await findWorkflow(services, name);
  return { workflow, definition: (await definitionOf(services, workflow)).definition };
}

/** The revision of a workflow that it names, or that an execution of it runs. */
export async function definitionOf(
  services: Services,
  workflow: Pick<Workflow, 'id' | 'name' | 'revision'>,
): Promise<Revision> {
  const revision = await services.workflows.revision(workflow);
  if (revision === undefined) throw workflowNotFound(services, workflow.name);
  return revision;
}

/** Running executions keep the definition they were started with. @throws ApiError */
export async function updateWorkflow(services: Services, name: string, change: WorkflowChange): Promise<Workflow> {
  const { definition, roleArn, logging, tracing } = change;
  if ([definition, roleArn, logging, tracing].every((value) => value === undefined)) {
    throw new ApiError('nothingToUpdate', name, 'Give a definition, a role, logging or tracing to change.');
  }
  checkLogging(logging);
  const { type } = await findWorkflow(services, name);
  if (definition !== undefined) refuseInvalid(checkDefinition(services, definition, type));
  const updated = await services.workflows.update(name, async (current) => {
    const settings: WorkflowSettings = {
      ...settingsOf(current),
      ...(logging === undefined ? {} : { logging }),
      ...(tracing === undefined ? {} : { tracing }),
      updated: true,
    };
    const workflow: Workflow = {
      ...current,
      roleArn: roleArn ?? current.roleArn,
      revision: services.ids.uuid(),
      revisedAt: services.clock.now(),
      settings: toSettings(settings),
    };
    return { workflow, definition: definition ?? (await definitionOf(services, current)).definition };
  });
  if (updated === undefined) throw workflowNotFound(services, name);
  return updated;
}

/** Deleting what is not there changes nothing. Running executions go on to their end. */
export async function deleteWorkflow(services: Services, name: string): Promise<void> {
  await services.workflows.delete(name);
}

export async function listWorkflows(services: Services, limit: number, after?: string): Promise<Page<Workflow>> {
  return pageOf(services.workflows.list(limit, after));
}

export function checkDefinition(services: Services, definition: string, type: WorkflowType): readonly Finding[] {
  return services.loadDefinition(definition, { type }).findings;
}

function refuseInvalid(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'ERROR');
  if (errors.length === 0) return;
  const places = errors.length === 1 ? 'one place' : `${errors.length} places`;
  const message = `Correct the definition, which is wrong in ${places}: ${errors.map((error) => error.message).join('; ')}.`;
  throw new ApiError('definitionInvalid', '', message, findings);
}
