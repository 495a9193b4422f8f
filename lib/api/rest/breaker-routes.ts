import * as z from 'zod';
import type { Json, JsonObject } from '../../model/json.ts';
import { readBreakerPolicy } from '../../resilience/breaker-policy.ts';
import {
  type BreakerView,
  deleteBreakerPolicy,
  findBreaker,
  listBreakers,
  orderBreaker,
  setBreakerPolicy,
} from '../use-cases/breakers.ts';
import * as schemas from './breaker-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';

const tag = 'circuit breakers';
const params = z.object({
  target: z.string().min(1).meta({
    description: 'A function’s ARN, an origin as in https://api.example.com, a resource; percent-encoded in the path.',
  }),
});

const orders = [
  ['open', 'Stop all calls of a target, until the breaker is closed or reset'],
  ['close', 'Let all calls of a target through, whatever becomes of them, until the breaker is opened or reset'],
  ['reset', 'Close a breaker, and forget what happened'],
] as const;

/** What protects targets that fail, and whoever calls them. */
export const breakerRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/breakers',
    operationId: 'listBreakers',
    summary: 'List the breakers that something has happened to, or whose targets were given a policy',
    tag,
    query: paging,
    replies: { 200: { description: 'A page of them, by target.', schema: pageSchema(schemas.breaker) } },
    refusals: ['pageTokenInvalid', 'notSupported'],
    handle: async (services, { query }) => ({
      status: 200,
      body: page(await listBreakers(services, query.limit, query.after), view),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/breakers/{target}',
    operationId: 'getBreaker',
    summary: 'The breaker of a target: its state, what it counts, its last transitions, its policy',
    tag,
    params,
    replies: { 200: { description: 'The breaker.', schema: schemas.breaker } },
    refusals: ['breakerNotFound', 'notSupported'],
    handle: async (services, { params: { target } }) => ({
      status: 200,
      body: view(await findBreaker(services, target)),
    }),
  }),
  route({
    method: 'put',
    path: '/v1/breakers/{target}/policy',
    operationId: 'putBreakerPolicy',
    summary: 'Set the policy of a target, or with * of all targets that have none',
    tag,
    params,
    body: schemas.newBreakerPolicy,
    replies: { 200: { description: 'The policy; what was left out has its default.', schema: schemas.breakerPolicy } },
    refusals: ['requestInvalid', 'notSupported'],
    handle: async (services, { params: { target }, body }) => ({
      status: 200,
      body: await setBreakerPolicy(services, target, readBreakerPolicy(given(body))),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/breakers/{target}/policy',
    operationId: 'deleteBreakerPolicy',
    summary: 'Remove a policy that was set here; the one of the deployment, or of all targets, applies again',
    tag,
    params,
    replies: { 204: { description: 'It is removed.' } },
    refusals: ['breakerNotFound', 'notSupported'],
    handle: async (services, { params: { target } }) => {
      await deleteBreakerPolicy(services, target);
      return { status: 204 };
    },
  }),
  ...orders.map(([order, summary]) =>
    route({
      method: 'post',
      path: `/v1/breakers/{target}/${order}`,
      operationId: `${order}Breaker`,
      summary,
      tag,
      params,
      replies: { 200: { description: 'The breaker as it is then.', schema: schemas.breaker } },
      refusals: ['requestInvalid', 'notSupported'],
      handle: async (services, { params: { target } }) => ({
        status: 200,
        body: view(await orderBreaker(services, target, order)),
      }),
    }),
  ),
];

function view({ target, state, transitions, totals, policy }: BreakerView): z.output<typeof schemas.breaker> {
  const until = state.kind === 'open' ? state.until : undefined;
  const isHeld = state.kind === 'closed' ? state.held === true : state.kind === 'open' && until === undefined;
  return {
    target,
    state: state.kind,
    ...(state.since === 0 ? {} : { since: date(state.since) }),
    ...(until === undefined ? {} : { until: date(until) }),
    held: isHeld,
    ...totals,
    probesUnderWay: state.kind === 'halfOpen' ? state.probes.length : 0,
    successes: state.kind === 'halfOpen' ? state.successes : 0,
    transitions: transitions.map(({ at, to, why }) => ({ at: date(at), to, why })).reverse(),
    ...(policy === undefined ? {} : { policy: { ...policy, ignoreErrors: [...policy.ignoreErrors] } }),
  };
}

/** Without what is left out. */
function given(body: z.output<typeof schemas.newBreakerPolicy>): Json {
  // Asserted: it has come as JSON, and nothing in it is undefined any more.
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as JsonObject;
}

function date(at: number): string {
  return new Date(at).toISOString();
}
