import type { Version } from '../../execution/versions.ts';
import type { Workflow } from '../../execution/workflows.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { settingsOf } from './settings.ts';

const MAX_VERSIONS = 1_000;

/** The workflow with its current revision published; the very same where it was already. */
export function withVersion(workflow: Workflow, at: number, description: string | undefined): Workflow {
  const { revision, roleArn, published, versions = 0 } = workflow;
  if (published?.revision === revision) return workflow;
  const version: Version = {
    number: versions + 1,
    revision,
    roleArn,
    createdAt: at,
    ...(description === undefined ? {} : { description }),
  };
  return { ...workflow, versions: version.number, published: version };
}

/** A new state machine has no revision id; an update gives it one. */
export function revisionId(workflow: Pick<Workflow, 'revision' | 'settings'>): string | undefined {
  return settingsOf(workflow).updated === true ? workflow.revision : undefined;
}

/** @throws ApiError `quotaExceeded` */
export async function checkVersionQuota(services: Services, workflow: Workflow): Promise<void> {
  if ((workflow.versions ?? 0) < MAX_VERSIONS || workflow.published?.revision === workflow.revision) return;
  const { items } = await services.workflows.versions.list(workflow, MAX_VERSIONS);
  if (items.length < MAX_VERSIONS) return;
  const message = `Delete versions first: a state machine has at most ${MAX_VERSIONS} of them.`;
  throw new ApiError('quotaExceeded', workflow.id, message);
}
