import * as z from 'zod';
import type { KeyDescription, KeyKind } from '../auth/key-registry.ts';
import { createKey, listKeys, revokeKey } from '../use-cases/keys.ts';
import { key, madeKey, newKey } from './key-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';

const tag = 'keys';

interface Names {
  readonly path: string;
  readonly operation: 'AccessKey' | 'ApiKey';
  readonly thing: string;
}

export const keyRoutes: readonly Route[] = [
  ...routesOf('apiKey', { path: '/v1/api-keys', operation: 'ApiKey', thing: 'API key' }),
  ...routesOf('accessKey', { path: '/v1/access-keys', operation: 'AccessKey', thing: 'access key' }),
];

function routesOf(kind: KeyKind, { path, operation, thing }: Names): readonly Route[] {
  return [
    route({
      method: 'post',
      path,
      operationId: `create${operation}`,
      summary: `Make an ${thing}; its secret is shown this once`,
      tag,
      body: newKey,
      replies: { 201: { description: 'The key, with its secret.', schema: madeKey } },
      refusals: ['scopeInvalid', 'accessDenied', 'notSupported'],
      handle: async (services, { body }) => {
        const expiresAt = body.expiresAt === undefined ? undefined : Date.parse(body.expiresAt);
        const { secret, ...made } = await createKey(services, kind, { ...body, expiresAt });
        return { status: 201, body: { ...view(made), secret }, headers: { location: `${path}/${made.id}` } };
      },
    }),
    route({
      method: 'get',
      path,
      operationId: `list${operation}s`,
      summary: `List ${thing}s, without their secrets`,
      tag,
      query: paging,
      replies: {
        200: {
          description: 'A page of them; it may be short although another follows.',
          schema: pageSchema(key),
        },
      },
      refusals: ['pageTokenInvalid', 'notSupported'],
      handle: async (services, { query }) => ({
        status: 200,
        body: page(await listKeys(services, kind, query.limit, query.after), view),
      }),
    }),
    route({
      method: 'delete',
      path: `${path}/{id}`,
      operationId: `revoke${operation}`,
      summary: `Revoke an ${thing}: refused everywhere within 30 seconds`,
      tag,
      params: z.object({ id: z.string() }),
      replies: { 204: { description: 'It is revoked.' } },
      refusals: ['keyNotFound', 'notSupported'],
      handle: async (services, { params }) => {
        await revokeKey(services, kind, params.id);
        return { status: 204 };
      },
    }),
  ];
}

function view({ createdAt, expiresAt, scopes, ...rest }: KeyDescription): z.output<typeof key> {
  return {
    ...rest,
    scopes: [...scopes],
    createdAt: new Date(createdAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  };
}
