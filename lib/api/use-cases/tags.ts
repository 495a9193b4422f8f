import { parseStatesArn } from '../../model/arn.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { mergeTags, settingsOf, type Tag, tagsOf, toSettings } from './settings.ts';

/** Tags of workflows and activities, by ARN. All throw ApiError `resourceNotFound`, `tooManyTags`. */
export async function listTags(services: Services, resource: string): Promise<readonly Tag[]> {
  const { kind, name } = taggable(resource);
  const found = kind === 'activity' ? await services.activities.find(resource) : await services.workflows.find(name);
  if (found === undefined || found.id !== resource) throw resourceNotFound(resource);
  return tagsOf(found.settings);
}

export async function addTags(services: Services, resource: string, tags: readonly Tag[]): Promise<void> {
  await changeTags(services, resource, (present) => mergeTags(present, tags, resource));
}

export async function removeTags(services: Services, resource: string, keys: readonly string[]): Promise<void> {
  await changeTags(services, resource, (present) => present.filter(({ key }) => !keys.includes(key)));
}

async function changeTags(
  services: Services,
  resource: string,
  change: (present: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  const { kind, name } = taggable(resource);
  await listTags(services, resource);
  const changed =
    kind === 'activity'
      ? await services.activities.update(resource, (activity) => {
          const tags = change(tagsOf(activity.settings)).map((tag) => ({ ...tag }));
          return { ...activity, settings: { ...activity.settings, tags } };
        })
      : await services.workflows.update(name, async (workflow) => {
          const tags = change(tagsOf(workflow.settings));
          return { workflow: { ...workflow, settings: toSettings({ ...settingsOf(workflow), tags }) } };
        });
  if (changed === undefined) throw resourceNotFound(resource);
}

function taggable(resource: string): { readonly kind: 'activity' | 'stateMachine'; readonly name: string } {
  const arn = parseStatesArn(resource);
  const isWhole = arn !== undefined && arn.qualifier === undefined;
  if (isWhole && (arn.kind === 'activity' || arn.kind === 'stateMachine')) return { kind: arn.kind, name: arn.name };
  throw resourceNotFound(resource);
}

function resourceNotFound(resource: string): ApiError {
  return new ApiError('resourceNotFound', resource, 'Give the ARN of a workflow or an activity that exists.');
}
