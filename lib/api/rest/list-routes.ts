import type * as z from 'zod';
import { workflowArn } from '../../model/arn.ts';
import type { ExecutionQuery } from '../../ports/execution-index.ts';
import type { Services } from '../services.ts';
import { countExecutions, listExecutions, rebuildLists } from '../use-cases/lists.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import * as search from './search-schemas.ts';
import { selected } from './selection.ts';
import * as views from './views.ts';

const tag = 'executions';

export const listRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/executions',
    operationId: 'listExecutions',
    summary: 'List executions, newest first',
    tag,
    query: search.listQuery,
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(schemas.executionSummary) } },
    refusals: ['pageTokenInvalid', 'requestInvalid'],
    handle: async (services, { query }) => {
      const { limit, after } = query;
      const page = await listExecutions(services, {
        limit,
        ...filterOf(services, query),
        ...(after === undefined ? {} : { after }),
      });
      return { status: 200, body: views.page(page, views.executionRow) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/executions/count',
    operationId: 'countExecutions',
    summary: 'Count executions, by status',
    tag,
    query: search.executionFilter,
    replies: { 200: { description: 'How many there are.', schema: search.counts } },
    refusals: ['requestInvalid'],
    handle: async (services, { query }) => ({
      status: 200,
      body: views.counts(await countExecutions(services, filterOf(services, query))),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/executions/rebuild',
    operationId: 'rebuildLists',
    summary: 'Bring the lists of executions in line with the log, while everything runs; a part of it at a time',
    tag,
    body: search.rebuildBody,
    replies: { 200: { description: 'How far it is.', schema: search.rebuilt } },
    refusals: ['pageTokenInvalid'],
    handle: async (services, { body }) => ({ status: 200, body: await rebuildLists(services, body.after) }),
  }),
];

function filterOf(
  { place }: Services,
  query: z.output<typeof search.executionFilter>,
): Omit<ExecutionQuery, 'limit' | 'after'> {
  const { workflow, status, startedFrom, startedTo } = query;
  const fields = search.searchIn(query);
  return {
    ...(workflow === undefined ? {} : { workflow: workflowArn(place, workflow) }),
    ...selected(query),
    ...(status === undefined ? {} : { status }),
    ...(startedFrom === undefined ? {} : { startedFrom: Date.parse(startedFrom) }),
    ...(startedTo === undefined ? {} : { startedTo: Date.parse(startedTo) }),
    ...(fields === undefined ? {} : { search: fields }),
  };
}
