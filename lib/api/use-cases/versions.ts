import type { Version } from '../../execution/versions.ts';
import type { Revision, Workflow } from '../../execution/workflows.ts';
import { qualifiedArn, workflowArn } from '../../model/arn.ts';
import type { Page } from '../../ports/execution-index.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { listAliases } from './aliases.ts';
import { pageOf } from './pages.ts';
import { checkVersionQuota, revisionId, withVersion } from './publishing.ts';
import { definitionOf, findWorkflow, workflowNotFound } from './workflows.ts';

/** What names the revision of a workflow that has never been updated. */
export const INITIAL_REVISION = 'INITIAL';

export interface Publication {
  readonly description?: string | undefined;
  /** The revision that is to be published; absent: whichever is the current one. */
  readonly revision?: string | undefined;
}

export interface PublishedVersion {
  readonly version: Version;
  /** False: the revision was published before. */
  readonly isNew: boolean;
}

/**
 * Publishes the current revision of a workflow as its next version; a revision is published once.
 * @throws ApiError `workflowNotFound`, `revisionConflict`, `quotaExceeded`
 */
export async function publishVersion(
  services: Services,
  name: string,
  { description, revision }: Publication,
): Promise<PublishedVersion> {
  let isNew = false;
  const published = await services.workflows.update(name, async (current) => {
    if (revision !== undefined) checkRevision(current, revision);
    await checkVersionQuota(services, current);
    const workflow = withVersion(current, services.clock.now(), description);
    isNew = workflow !== current;
    return { workflow };
  });
  if (published?.published === undefined) throw workflowNotFound(services, name);
  return { version: published.published, isNew };
}

function checkRevision(workflow: Workflow, wanted: string): void {
  const current = revisionId(workflow) ?? INITIAL_REVISION;
  // Only the API of Step Functions has no other name for the first one.
  if (wanted === current || wanted === workflow.revision) return;
  const message = `Failed to publish the State Machine version for revision ${wanted}. The current State Machine revision is ${current}.`;
  throw new ApiError('revisionConflict', wanted, message);
}

export interface DescribedVersion {
  readonly workflow: Workflow;
  readonly version: Version;
  readonly revision: Revision;
}

/** @throws ApiError `workflowNotFound`, `versionNotFound` */
export async function describeVersion(services: Services, name: string, number: number): Promise<DescribedVersion> {
  const workflow = await findWorkflow(services, name);
  const version = await services.workflows.versions.find(workflow, number);
  if (version === undefined) throw versionNotFound(services, name, number);
  const revision = await definitionOf(services, { ...workflow, revision: version.revision });
  return { workflow, version, revision };
}

/** Newest first. @throws ApiError `workflowNotFound`, `pageTokenInvalid` */
export async function listVersions(
  services: Services,
  name: string,
  limit: number,
  after?: string,
): Promise<Page<Version>> {
  const workflow = await findWorkflow(services, name);
  return pageOf(services.workflows.versions.list(workflow, limit, after));
}

/**
 * Deleting what is not there changes nothing. Executions of the version go on.
 * @throws ApiError `versionInUse` while an alias leads to it.
 */
export async function deleteVersion(services: Services, name: string, number: number): Promise<void> {
  const workflow = await services.workflows.find(name);
  if (workflow === undefined) return;
  const aliases = await listAliases(services, workflow, number);
  if (aliases.length > 0) {
    const names = aliases.map((alias) => alias.name).join(', ');
    const message = `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${names}]`;
    throw new ApiError('versionInUse', names, message);
  }
  await services.workflows.update(name, async (current) => {
    const { published, ...rest } = current;
    return { workflow: published?.number === number ? rest : current };
  });
  await services.workflows.versions.delete(workflow.id, number);
}

export function versionNotFound(services: Services, name: string, number: number): ApiError {
  const message = `Publish the workflow "${name}" first, or look at the list of its versions: it has no version ${number}.`;
  return new ApiError('versionNotFound', qualifiedArn(workflowArn(services.place, name), number), message);
}
