import * as z from 'zod';
import type { ConfiguredLimit } from '../../execution/rates/rate-limits.ts';
import { deleteRateLimit, findRateLimit, listRateLimits, putRateLimit } from '../use-cases/rate-limits.ts';
import { newRateLimit, rateLimit } from './rate-limit-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';

const tag = 'rate limits';
const path = '/v1/rate-limits/{name}';
const params = z.object({
  name: z.string().meta({
    description:
      'key:<id>, principal:<subject>, tenant:<tenant> or target:<task resource>; with * for each. Percent-encoded.',
  }),
});

export const rateLimitRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/rate-limits',
    operationId: 'listRateLimits',
    summary: 'List the rate limits of requests and of calls of tasks',
    tag,
    query: paging,
    replies: { 200: { description: 'A page of them, by name.', schema: pageSchema(rateLimit) } },
    refusals: ['notSupported'],
    handle: async (services, { query }) => ({
      status: 200,
      body: page(await listRateLimits(services, query.limit, query.after), view),
    }),
  }),
  route({
    method: 'get',
    path,
    operationId: 'getRateLimit',
    summary: 'A rate limit',
    tag,
    params,
    replies: { 200: { description: 'The limit.', schema: rateLimit } },
    refusals: ['rateLimitNotFound', 'notSupported'],
    handle: async (services, { params: { name } }) => ({
      status: 200,
      body: view(await findRateLimit(services, name)),
    }),
  }),
  route({
    method: 'put',
    path,
    operationId: 'putRateLimit',
    summary: 'Set a rate limit; other processes go by it within a few seconds',
    tag,
    params,
    body: newRateLimit,
    replies: { 200: { description: 'The limit.', schema: rateLimit } },
    refusals: ['rateLimitInvalid', 'notSupported'],
    handle: async (services, { params: { name }, body }) => ({
      status: 200,
      body: view(await putRateLimit(services, name, body)),
    }),
  }),
  route({
    method: 'delete',
    path,
    operationId: 'deleteRateLimit',
    summary: 'Remove a rate limit that was set at run time; the one of the deployment applies again, or none',
    tag,
    params,
    replies: { 204: { description: 'It is removed.' } },
    refusals: ['rateLimitNotFound', 'notSupported'],
    handle: async (services, { params: { name } }) => {
      await deleteRateLimit(services, name);
      return { status: 204 };
    },
  }),
];

function view({ name, rate: { rate, burst }, isDefault }: ConfiguredLimit): z.output<typeof rateLimit> {
  return { name, rate, burst, isDefault };
}
