import type { Activity, OfferedTask, OfferingExecutions, StartOfTask, TakenTask } from '../../execution/activities.ts';
import { activityArn } from '../../model/arn.ts';
import { jsonEqual } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import { visiblePage } from '../auth/guard.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { checkName } from './names.ts';
import { pageOf } from './pages.ts';
import { checkedEncryption, defaultEncryption, type EncryptionSettings, mergeTags, type Tag } from './settings.ts';

export interface NewActivity {
  readonly name: string;
  readonly tags?: readonly Tag[] | undefined;
  readonly encryption?: EncryptionSettings | undefined;
}

/**
 * Registers an activity; one of that name stays as it is.
 * @throws ApiError `activityExists` if that has another encryption.
 */
export async function createActivity(
  services: Services,
  { name, tags = [], encryption: given = defaultEncryption }: NewActivity,
): Promise<Activity> {
  checkName(name);
  const encryption = { ...checkedEncryption(given) };
  const id = activityArn(services.place, name);
  const settings = {
    ...(tags.length === 0 ? {} : { tags: mergeTags([], tags, id).map((tag) => ({ ...tag })) }),
    ...(jsonEqual(encryption, { ...defaultEncryption }) ? {} : { encryption }),
  };
  const activity = await services.activities.create({ id, name, createdAt: services.clock.now(), settings });
  if (jsonEqual(encryption, activity.settings['encryption'] ?? { ...defaultEncryption })) return activity;
  const message = 'Activity already exists. EncryptionConfiguration may not be updated.';
  throw new ApiError('activityExists', id, message);
}

/** @throws ApiError `activityNotFound` */
export async function findActivity(services: Services, name: string): Promise<Activity> {
  const id = activityArn(services.place, name);
  const activity = await services.activities.find(id);
  if (activity !== undefined) return activity;
  throw new ApiError('activityNotFound', id, `Create the activity "${name}" first, or correct its name.`);
}

/** Deleting what is not there changes nothing. */
export async function deleteActivity(services: Services, name: string): Promise<void> {
  await services.activities.delete(activityArn(services.place, name));
}

export async function listActivities(services: Services, limit: number, after?: string): Promise<Page<Activity>> {
  const page = await pageOf(services.activities.list(limit, after));
  return visiblePage(services, 'activities:list', page, ({ name }) => name);
}

/** The oldest task of the activity, for a worker; waits for one as long as the policy says. */
export async function takeTask(
  services: Services,
  name: string,
  worker: string | undefined,
  ms: number,
): Promise<TakenTask | undefined> {
  const { id } = await findActivity(services, name);
  const wait = Math.min(ms, services.policy.longPollMs);
  const taken = await services.activities.take(id, worker, wait, {
    standing: (offer) => standingOf(services, offer),
    start: (offer, command) => start(services, offer, command),
  });
  if (taken !== undefined) await services.engine.wake(taken.execution);
  return taken;
}

async function standingOf(
  services: Services,
  { execution, activation, token }: OfferedTask,
): ReturnType<OfferingExecutions['standing']> {
  const state = (await services.states.load(execution))?.state;
  if (state?.offers.get(activation)?.task?.token === token) return 'offered';
  const work = state?.activations.get(activation)?.work;
  if (work?.kind !== 'task' || work.token !== token) return 'gone';
  return work.stage === 'scheduled' ? 'waits' : 'started';
}

async function start(
  services: Services,
  { execution, activation, token }: OfferedTask,
  command: StartOfTask,
): ReturnType<OfferingExecutions['start']> {
  const { engine, policy, states } = services;
  if ((await engine.submit(execution, command, policy.decideMs)) === 'pending') return 'pending';
  const work = (await states.load(execution))?.state.activations.get(activation)?.work;
  const isStarted = work?.kind === 'task' && work.stage === 'started' && work.token === token;
  return isStarted && work.worker === command.worker ? 'started' : 'refused';
}
