import { describeArchive, findArchiveKey, setLegalHold } from '../use-cases/archive.ts';
import { archive, archiveKey } from './archive-schemas.ts';
import { arnOf, executionParams } from './execution-routes.ts';
import { type Route, route } from './route.ts';
import { isoTime } from './views.ts';

const tag = 'provenance';

/** What is archived of executions, and for how long. */
export const archiveRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/archive',
    operationId: 'getArchive',
    summary: 'Show what is archived of an execution, and until when',
    tag,
    params: executionParams,
    replies: { 200: { description: 'Its logs, one of each time that it has closed.', schema: archive } },
    refusals: ['executionNotFound', 'notSupported'],
    handle: async (services, { params }) => {
      const { heldSince, keyDestroyedAt, logs } = await describeArchive(services, arnOf(services.place, params));
      return {
        status: 200,
        body: {
          ...(heldSince === undefined ? {} : { heldSince: isoTime(heldSince) }),
          ...(keyDestroyedAt === undefined ? {} : { keyDestroyedAt: isoTime(keyDestroyedAt) }),
          logs: logs.map(({ archivedAt, retainedUntil, ...log }) => ({
            ...log,
            archivedAt: isoTime(archivedAt),
            ...(retainedUntil === undefined ? {} : { retainedUntil: isoTime(retainedUntil) }),
          })),
        },
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/archive/key',
    operationId: 'getArchiveKey',
    summary: 'Get the key that opens the payloads in the archive of an execution',
    tag,
    params: executionParams,
    replies: { 200: { description: 'The key, of this execution alone.', schema: archiveKey } },
    refusals: ['executionNotFound', 'executionErased', 'archiveNotFound', 'notSupported'],
    handle: async (services, { params }) => ({
      status: 200,
      body: { key: await findArchiveKey(services, arnOf(services.place, params)) },
      headers: { 'cache-control': 'no-store' },
    }),
  }),
  route({
    method: 'put',
    path: '/v1/workflows/{workflow}/executions/{execution}/legal-hold',
    operationId: 'holdExecution',
    summary: 'Put the archive of an execution under legal hold: nothing of it is deleted or erased',
    tag,
    params: executionParams,
    replies: { 204: { description: 'It is, also what is archived from now on.' } },
    refusals: ['executionNotFound', 'notSupported'],
    handle: async (services, { params }) => {
      await setLegalHold(services, arnOf(services.place, params), true);
      return { status: 204 };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/workflows/{workflow}/executions/{execution}/legal-hold',
    operationId: 'releaseExecution',
    summary: 'Lift the legal hold of the archive of an execution',
    tag,
    params: executionParams,
    replies: { 204: { description: 'It is under none; its time of retention stays.' } },
    refusals: ['executionNotFound', 'notSupported'],
    handle: async (services, { params }) => {
      await setLegalHold(services, arnOf(services.place, params), false);
      return { status: 204 };
    },
  }),
];
