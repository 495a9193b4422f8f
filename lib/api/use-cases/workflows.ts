import type { Revision, Workflow, WorkflowUpdate } from '../../execution/workflows.ts';
import type { Finding, Optimizations } from '../../language/index.ts';
import { workflowArn } from '../../model/arn.ts';
import { jsonEqual } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import { visiblePage } from '../auth/guard.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { checkName } from './names.ts';
import { pageOf } from './pages.ts';
import { checkVersionQuota, withVersion } from './publishing.ts';
import {
  checkedEncryption,
  checkLogging,
  defaultEncryption,
  defaultLogging,
  type EncryptionSettings,
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
  readonly encryption?: EncryptionSettings | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly publish?: Publish | undefined;
}

/** Publishes the revision in the same step. */
export interface Publish {
  readonly description?: string | undefined;
}

export interface WorkflowChange {
  readonly definition?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly logging?: LoggingSettings | undefined;
  readonly tracing?: { readonly enabled: boolean } | undefined;
  readonly encryption?: EncryptionSettings | undefined;
  readonly publish?: Publish | undefined;
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
 * Registers a workflow. Doing it again with the same definition, type, logging, tracing, encryption and publication
 * changes nothing (role and tags are not compared), and answers with what is there.
 * @throws ApiError `workflowExists` where there is another of the name.
 */
export async function createWorkflow(services: Services, request: NewWorkflow): Promise<CreatedWorkflow> {
  checkName(request.name);
  checkLogging(request.logging);
  refuseInvalid(request.definition, checkDefinition(services, request.definition, request.type));
  const existing = await services.workflows.find(request.name);
  if (existing !== undefined) return repeatedCreation(services, existing, request);
  const now = services.clock.now();
  const id = workflowArn(services.place, request.name);
  const { logging, tracing, publish } = request;
  const encryption = request.encryption === undefined ? undefined : checkedEncryption(request.encryption);
  const created: Workflow = {
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
      ...(encryption === undefined ? {} : { encryption }),
      ...(request.tags === undefined ? {} : { tags: mergeTags([], request.tags, id) }),
      ...(publish === undefined ? {} : { creation: creationOf(publish) }),
    }),
  };
  const workflow = publish === undefined ? created : withVersion(created, now, publish.description);
  if ((await services.workflows.create(workflow, request.definition)) === 'created') return { workflow, isNew: true };
  const faster = await services.workflows.find(request.name);
  return faster === undefined ? createWorkflow(services, request) : repeatedCreation(services, faster, request);
}

function creationOf({ description }: Publish): { readonly description?: string } {
  return description === undefined ? {} : { description };
}

async function repeatedCreation(
  services: Services,
  existing: Workflow,
  request: NewWorkflow,
): Promise<CreatedWorkflow> {
  const { creation } = settingsOf(existing);
  const isSamePublication =
    (creation === undefined) === (request.publish === undefined) &&
    creation?.description === request.publish?.description;
  if (isSamePublication && (await isSame(services, existing, request))) return { workflow: existing, isNew: false };
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
  const { definition } = await definitionOf(services, existing);
  return definition === wanted.definition && existing.type === wanted.type && hasSettings(existing, wanted);
}

function hasSettings(existing: Workflow, wanted: Pick<NewWorkflow, 'logging' | 'tracing' | 'encryption'>): boolean {
  const { logging, tracing, encryption } = settingsOf(existing);
  const wantedEncryption = wanted.encryption === undefined ? undefined : checkedEncryption(wanted.encryption);
  return (
    jsonEqual({ ...defaultLogging, ...logging }, { ...defaultLogging, ...wanted.logging }) &&
    (tracing?.enabled ?? false) === (wanted.tracing?.enabled ?? false) &&
    jsonEqual({ ...(encryption ?? defaultEncryption) }, { ...(wantedEncryption ?? defaultEncryption) })
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

export function workflowNotFound(services: Services, name: string): ApiError {
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

/**
 * Gives the workflow another revision, if the change makes a difference. Running executions keep the definition they
 * were started with. @throws ApiError
 */
export async function updateWorkflow(services: Services, name: string, change: WorkflowChange): Promise<Workflow> {
  const { definition, roleArn, logging, tracing, encryption, publish } = change;
  if ([definition, roleArn, logging, tracing, encryption].every((value) => value === undefined)) {
    throw new ApiError('nothingToUpdate', name, 'Give a definition, a role, logging, tracing or encryption to change.');
  }
  checkLogging(logging);
  const { type } = await findWorkflow(services, name);
  if (definition !== undefined) refuseInvalid(definition, checkDefinition(services, definition, type));
  const updated = await services.workflows.update(name, async (current) => {
    const revised = await withRevision(services, current, change);
    if (publish === undefined) return revised;
    await checkVersionQuota(services, revised.workflow);
    return { ...revised, workflow: withVersion(revised.workflow, services.clock.now(), publish.description) };
  });
  if (updated === undefined) throw workflowNotFound(services, name);
  return updated;
}

/** With its next revision; the very same where the change changes nothing. */
async function withRevision(services: Services, current: Workflow, change: WorkflowChange): Promise<WorkflowUpdate> {
  const before = settingsOf(current);
  const { roleArn = current.roleArn, logging = before.logging, tracing = before.tracing } = change;
  const encryption = change.encryption === undefined ? before.encryption : checkedEncryption(change.encryption);
  const present = (await definitionOf(services, current)).definition;
  const { definition = present } = change;
  // Naming a role is a change, also where it is the same one: its permissions may be others by now.
  const isSameRevision =
    definition === present && change.roleArn === undefined && hasSettings(current, { logging, tracing, encryption });
  if (isSameRevision) return { workflow: current };
  const settings: WorkflowSettings = {
    ...before,
    ...(logging === undefined ? {} : { logging }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(encryption === undefined ? {} : { encryption }),
    updated: true,
  };
  const workflow: Workflow = {
    ...current,
    roleArn,
    revision: services.ids.uuid(),
    revisedAt: services.clock.now(),
    settings: toSettings(settings),
  };
  return { workflow, definition };
}

/** With its versions and aliases. Deleting what is not there changes nothing. Running executions go on to their end. */
export async function deleteWorkflow(services: Services, name: string): Promise<void> {
  await services.workflows.delete(name);
}

export async function listWorkflows(services: Services, limit: number, after?: string): Promise<Page<Workflow>> {
  const page = await pageOf(services.workflows.list(limit, after));
  return visiblePage(services, 'workflows:list', page, ({ name }) => name);
}

/** What was found in a definition, and what is done ahead of time of one that is valid. */
export interface CheckedDefinition {
  readonly findings: readonly Finding[];
  readonly plan?: Optimizations;
}

export function planDefinition(services: Services, definition: string, type: WorkflowType): CheckedDefinition {
  const { findings, ...loaded } = services.loadDefinition(definition, { type });
  return loaded.plan === undefined ? { findings } : { findings, plan: loaded.optimizations() };
}

export function checkDefinition(services: Services, definition: string, type: WorkflowType): readonly Finding[] {
  return services.loadDefinition(definition, { type }).findings;
}

export function refuseInvalid(definition: string, findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'ERROR');
  if (errors.length === 0) return;
  const places = errors.length === 1 ? 'one place' : `${errors.length} places`;
  const message = `Correct the definition, which is wrong in ${places}: ${errors.map((error) => error.message).join('; ')}.`;
  throw new ApiError('definitionInvalid', definition, message, findings);
}
