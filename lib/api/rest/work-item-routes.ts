import * as z from 'zod';
import { ApiError } from '../errors.ts';
import { delegateWorkItem } from '../use-cases/delegation.ts';
import {
  completeWorkItem,
  failWorkItem,
  findWorkItem,
  listWorkItems,
  returnWorkItem,
  startWorkItem,
  workItemsOf,
} from '../use-cases/work-items.ts';
import { arnOf, executionParams } from './execution-routes.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import * as views from './views.ts';
import * as schemas from './work-item-schemas.ts';

const tag = 'work items';
const params = z.object({ id: z.string() });
const refusals = ['workItemNotFound', 'workItemClosed', 'executionBusy'] as const;

/** Work of people and of external systems. */
export const workItemRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/work-items',
    operationId: 'listWorkItems',
    summary: 'List open work items: all, of an assignee, or of a candidate',
    tag,
    query: paging.extend(schemas.workItemQuery.shape),
    replies: {
      200: {
        description: 'A page of them; it may be short although another follows.',
        schema: pageSchema(schemas.workItem),
      },
    },
    refusals: ['pageTokenInvalid'],
    handle: async (services, { query }) => {
      const { limit, after, assignee, candidate } = query;
      if (assignee !== undefined && candidate !== undefined) {
        throw new ApiError('requestInvalid', 'candidate', 'Give an assignee or a candidate, not both.');
      }
      const filter = {
        ...(assignee === undefined ? {} : { assignee }),
        ...(candidate === undefined ? {} : { candidate }),
      };
      const page = await listWorkItems(services, { limit, after, ...filter });
      return { status: 200, body: views.page(page, views.workItem) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/work-items',
    operationId: 'listWorkItemsOfExecution',
    summary: 'List what an execution waits for others to do: work items, tasks of activities, callbacks',
    tag,
    params: executionParams,
    replies: { 200: { description: 'All that are open.', schema: z.object({ items: z.array(schemas.workItem) }) } },
    refusals: ['executionNotFound', 'executionErased'],
    handle: async (services, request) => {
      const items = await workItemsOf(services, arnOf(services.place, request.params));
      return { status: 200, body: { items: items.map(views.workItem) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/work-items/{id}',
    operationId: 'getWorkItem',
    summary: 'Show a work item',
    tag,
    params,
    replies: { 200: { description: 'The work item.', schema: schemas.workItem } },
    refusals: ['workItemNotFound', 'workItemClosed'],
    handle: async (services, request) => ({
      status: 200,
      body: views.workItem(await findWorkItem(services, request.params.id)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/work-items/{id}/start',
    operationId: 'startWorkItem',
    summary: 'Take a work item; of several workers one gets it',
    tag,
    params,
    body: schemas.startBody,
    replies: { 200: { description: 'The worker has it.', schema: schemas.workItem } },
    refusals: [...refusals, 'workItemTaken', 'workerNotAllowed', 'executionSuspended', 'requestInvalid'],
    handle: async (services, { params: { id }, body }) => ({
      status: 200,
      body: views.workItem(await startWorkItem(services, id, body.worker)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/work-items/{id}/complete',
    operationId: 'completeWorkItem',
    summary: 'End a work item with its output; one that nobody has taken is taken first',
    tag,
    params,
    body: schemas.completeBody,
    replies: { 204: { description: 'It is done.' } },
    refusals: [...refusals, 'workItemTaken', 'workerNotAllowed', 'executionSuspended', 'outputInvalid'],
    handle: async (services, { params: { id }, body }) => {
      await completeWorkItem(services, id, body.output, body.worker);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/v1/work-items/{id}/fail',
    operationId: 'failWorkItem',
    summary: 'Fail a work item',
    tag,
    params,
    body: schemas.failBody,
    replies: { 204: { description: 'It has failed.' } },
    refusals: [...refusals, 'workItemTaken', 'workerNotAllowed', 'executionSuspended'],
    handle: async (services, { params: { id }, body: { error, cause, worker } }) => {
      const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
      await failWorkItem(services, id, failure, worker);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/v1/work-items/{id}/return',
    operationId: 'returnWorkItem',
    summary: 'Give a work item back, to be offered again',
    tag,
    params,
    body: schemas.returnBody,
    replies: { 200: { description: 'It is on offer.', schema: schemas.workItem } },
    refusals: [...refusals, 'workItemTaken', 'workerNotAllowed', 'notSupported'],
    handle: async (services, { params: { id }, body }) => ({
      status: 200,
      body: views.workItem(await returnWorkItem(services, id, body.worker)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/work-items/{id}/delegate',
    operationId: 'delegateWorkItem',
    summary: 'Hand a work item to somebody else; whoever has it does, or its assignee',
    tag,
    params,
    body: schemas.delegateBody,
    replies: { 200: { description: 'It is for that one now.', schema: schemas.workItem } },
    refusals: [...refusals, 'workItemTaken', 'workerNotAllowed', 'requestInvalid', 'notSupported'],
    handle: async (services, { params: { id }, body }) => ({
      status: 200,
      body: views.workItem(await delegateWorkItem(services, id, body.worker, body.to)),
    }),
  }),
];
