import * as z from 'zod';
import { askedAt, type PermitHolder } from '../../resources/pools/permit.ts';
import { findPool, listPools, type Pool, type PoolSummary, removePoolLimit, setPoolLimit } from '../use-cases/pools.ts';
import * as schemas from './pool-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';

const tag = 'resource pools';
const params = z.object({
  name: z.string().min(1).meta({
    description:
      'As a state names it, or workflow:order, tenant:acme, pattern:WCP-14, resource:<what tasks call>; percent-encoded.',
  }),
});

/** Limits on how many executions, states or calls of a kind work at the same time. */
export const poolRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/pools',
    operationId: 'listPools',
    summary: 'List the resource pools that have a limit',
    tag,
    query: paging,
    replies: { 200: { description: 'A page of them, by name.', schema: pageSchema(schemas.poolSummary) } },
    refusals: ['notSupported'],
    handle: async (services, { query }) => ({
      status: 200,
      body: page(await listPools(services, query.limit, query.after), summary),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/pools/{name}',
    operationId: 'getPool',
    summary: 'A resource pool: its limit, who holds its permits, and who waits for one',
    tag,
    params,
    query: paging,
    replies: { 200: { description: 'The pool, with a page of those who wait.', schema: schemas.pool } },
    refusals: ['poolNotFound', 'pageTokenInvalid', 'notSupported'],
    handle: async (services, { params: { name }, query }) => ({
      status: 200,
      body: view(await findPool(services, name, query)),
    }),
  }),
  route({
    method: 'put',
    path: '/v1/pools/{name}',
    operationId: 'putPool',
    summary: 'Set the limit of a resource pool; other processes go by it within a few seconds',
    tag,
    params,
    body: schemas.newPoolLimit,
    replies: { 200: { description: 'The limit.', schema: schemas.poolSummary } },
    refusals: ['requestInvalid', 'notSupported'],
    handle: async (services, { params: { name }, body }) => ({
      status: 200,
      body: summary(await setPoolLimit(services, name, body.limit)),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/pools/{name}',
    operationId: 'deletePool',
    summary:
      'Remove a limit that was set here; the one of the deployment applies again, or none, and all who wait go on',
    tag,
    params,
    replies: { 204: { description: 'It is removed.' } },
    refusals: ['poolNotFound', 'notSupported'],
    handle: async (services, { params: { name } }) => {
      await removePoolLimit(services, name);
      return { status: 204 };
    },
  }),
];

function summary({ name, limit, changedAt }: PoolSummary): z.output<typeof schemas.poolSummary> {
  return { name, limit, ...(changedAt === undefined ? {} : { changedAt: date(changedAt) }) };
}

function view(pool: Pool): z.output<typeof schemas.pool> {
  const { slots, waiters, next } = pool;
  return {
    ...summary(pool),
    inUse: slots.length,
    holders: slots.map(({ grant }) => ({
      ...shown(grant),
      grantedAt: date(grant.grantedAt),
      leaseUntil: date(grant.leaseUntil),
    })),
    waiters: waiters.map(shown),
    ...(next === undefined ? {} : { next }),
  };
}

function shown(holder: PermitHolder) {
  const { execution, state } = holder;
  return { execution, ...(state === undefined ? {} : { state }), askedAt: date(askedAt(holder)) };
}

function date(at: number): string {
  return new Date(at).toISOString();
}
