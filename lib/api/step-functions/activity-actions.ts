import * as z from 'zod';
import { createActivity, deleteActivity, findActivity, listActivities, takeTask } from '../use-cases/activities.ts';
import { parsePayload } from '../use-cases/payload.ts';
import { failTask, heartbeatTask, readToken, succeedTask } from '../use-cases/tasks.ts';
import { action, activityNameOf, ownArn, seconds } from './action.ts';
import {
  arn,
  DEFAULT_PAGE,
  encryptionConfiguration,
  maxResults,
  name,
  readEncryption,
  tags,
  text,
} from './parameters.ts';

const taskToken = text(1, 2_048);

const CreateActivity = action(
  z.object({ name, tags: tags.optional(), encryptionConfiguration: encryptionConfiguration.optional() }),
  async (services, parameters) => {
    const encryption = readEncryption(parameters.encryptionConfiguration);
    const activity = await createActivity(services, { name: parameters.name, tags: parameters.tags, encryption });
    return { activityArn: activity.id, creationDate: seconds(activity.createdAt) };
  },
);

const DescribeActivity = action(z.object({ activityArn: arn }), async (services, { activityArn }) => {
  const activity = await findActivity(services, activityNameOf(services, activityArn));
  return {
    activityArn: activity.id,
    name: activity.name,
    creationDate: seconds(activity.createdAt),
    encryptionConfiguration: activity.settings['encryption'],
  };
});

/** Deleting an activity that does not exist is no error. */
const DeleteActivity = action(z.object({ activityArn: arn }), async (services, { activityArn }) => {
  const own = ownArn(services, activityArn, 'activity');
  if (own !== undefined) await deleteActivity(services, own.name);
  return {};
});

const ListActivities = action(
  z.object({ maxResults, nextToken: text(1, 1_024).optional() }),
  async (services, { maxResults: limit, nextToken }) => {
    const page = await listActivities(services, limit || DEFAULT_PAGE, nextToken);
    const activities = page.items.map((activity) => ({
      activityArn: activity.id,
      name: activity.name,
      creationDate: seconds(activity.createdAt),
    }));
    return { activities, nextToken: page.next };
  },
);

/** An empty answer: no task came. */
const GetActivityTask = action(
  z.object({ activityArn: arn, workerName: name.optional() }),
  async (services, { activityArn, workerName }) => {
    const activity = activityNameOf(services, activityArn);
    const task = await takeTask(services, activity, workerName, services.policy.longPollMs);
    return task === undefined ? {} : { taskToken: task.token, input: JSON.stringify(task.input) };
  },
);

const SendTaskSuccess = action(z.object({ taskToken, output: z.string() }), async (services, parameters) => {
  readToken(parameters.taskToken);
  await succeedTask(services, parameters.taskToken, parsePayload(parameters.output, 'outputInvalid'));
  return {};
});

const SendTaskFailure = action(
  z.object({ taskToken, error: text(0, 256).optional(), cause: text(0, 32_768).optional() }),
  async (services, { taskToken: token, error, cause }) => {
    const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    await failTask(services, token, failure);
    return {};
  },
);

const SendTaskHeartbeat = action(z.object({ taskToken }), async (services, { taskToken: token }) => {
  await heartbeatTask(services, token);
  return {};
});

export const activityActions = {
  CreateActivity,
  DescribeActivity,
  DeleteActivity,
  ListActivities,
  GetActivityTask,
  SendTaskSuccess,
  SendTaskFailure,
  SendTaskHeartbeat,
} as const;
