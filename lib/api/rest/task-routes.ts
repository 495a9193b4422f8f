import * as z from 'zod';
import { createActivity, deleteActivity, findActivity, listActivities, takeTask } from '../use-cases/activities.ts';
import { failTask, heartbeatTask, succeedTask } from '../use-cases/tasks.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import * as views from './views.ts';

const params = z.object({ token: z.string() });
const named = z.object({ name: z.string() });
const told = { 204: { description: 'It is told.' } };
const refusals = ['tokenInvalid', 'taskNotFound', 'taskClosed'] as const;

/** How the outside ends the tasks that wait for it. */
export const taskRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/tasks/{token}/success',
    operationId: 'succeedTask',
    summary: 'End a task with its output',
    tag: 'tasks',
    params,
    body: z.object({ output: schemas.json.default({}) }),
    replies: told,
    refusals: [...refusals, 'outputInvalid'],
    handle: async (services, request) => {
      await succeedTask(services, request.params.token, request.body.output);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/v1/tasks/{token}/failure',
    operationId: 'failTask',
    summary: 'Fail a task',
    tag: 'tasks',
    params,
    body: schemas.failureBody,
    replies: told,
    refusals,
    handle: async (services, { params: { token }, body: { error, cause } }) => {
      await failTask(services, token, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/v1/tasks/{token}/heartbeat',
    operationId: 'heartbeatTask',
    summary: 'Tell that a task is still being worked on',
    tag: 'tasks',
    params,
    replies: told,
    refusals: [...refusals, 'taskNotStarted'],
    handle: async (services, request) => {
      await heartbeatTask(services, request.params.token);
      return { status: 204 };
    },
  }),
];

/** Activities: names under which workers fetch tasks. */
export const activityRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/activities',
    operationId: 'createActivity',
    summary: 'Register an activity; one of the same name stays as it is',
    tag: 'activities',
    body: named,
    replies: { 200: { description: 'The activity.', schema: schemas.activity } },
    refusals: ['nameInvalid'],
    handle: async (services, { body }) => ({
      status: 200,
      body: views.activity(await createActivity(services, { name: body.name })),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/activities',
    operationId: 'listActivities',
    summary: 'List activities, in order of name',
    tag: 'activities',
    query: schemas.paging,
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(schemas.activity) } },
    refusals: ['pageTokenInvalid'],
    handle: async (services, { query }) => ({
      status: 200,
      body: views.page(await listActivities(services, query.limit, query.after), views.activity),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/activities/{name}',
    operationId: 'getActivity',
    summary: 'Show an activity',
    tag: 'activities',
    params: named,
    replies: { 200: { description: 'The activity.', schema: schemas.activity } },
    refusals: ['activityNotFound'],
    handle: async (services, request) => ({
      status: 200,
      body: views.activity(await findActivity(services, request.params.name)),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/activities/{name}',
    operationId: 'deleteActivity',
    summary: 'Delete an activity',
    tag: 'activities',
    params: named,
    replies: { 204: { description: 'It is deleted.' } },
    refusals: ['activityNotFound'],
    handle: async (services, { params: { name } }) => {
      await findActivity(services, name);
      await deleteActivity(services, name);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/v1/activities/{name}/tasks',
    operationId: 'takeTask',
    summary: 'Take the oldest task of an activity, or wait for one',
    tag: 'activities',
    params: named,
    query: z.object({ wait: schemas.wait }),
    body: z.object({ worker: z.string().max(80).optional() }),
    replies: {
      200: { description: 'The task; its token is what ends it.', schema: schemas.takenTask },
      204: { description: 'There is none.' },
    },
    refusals: ['activityNotFound'],
    handle: async (services, { params: { name }, query, body }) => {
      const task = await takeTask(services, name, body.worker, query.wait * 1000);
      return task === undefined ? { status: 204 } : { status: 200, body: { token: task.token, input: task.input } };
    },
  }),
];
