import * as z from 'zod';
import type { DeadLetter } from '../../execution/dead-letters.ts';
import { deleteDeadLetter, listDeadLetters, redriveDeadLetters } from '../use-cases/dead-letters.ts';
import * as schemas from './dead-letter-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';

const tag = 'dead letters';
const path = '/v1/dead-letters';

/** What was given up because the engine itself failed again and again. */
export const deadLetterRoutes: readonly Route[] = [
  route({
    method: 'get',
    path,
    operationId: 'listDeadLetters',
    summary: 'List executions that were given up, since when and why',
    tag,
    query: paging,
    replies: {
      200: {
        description: 'A page of them, by ARN; it may be short although another follows.',
        schema: pageSchema(schemas.deadLetter),
      },
    },
    refusals: ['pageTokenInvalid', 'notSupported'],
    handle: async (services, { query }) => ({
      status: 200,
      body: page(await listDeadLetters(services, query.limit, query.after), view),
    }),
  }),
  route({
    method: 'post',
    path: `${path}/redrive`,
    operationId: 'redriveDeadLetters',
    summary: 'Let executions that were given up go on, after the cause is removed; those in order do nothing',
    tag,
    body: schemas.redriveLetters,
    replies: { 200: { description: 'Their messages are sent.', schema: schemas.redrivenLetters } },
    refusals: ['deadLetterNotFound', 'notSupported'],
    handle: async (services, { body }) => ({
      status: 200,
      body: await redriveDeadLetters(services, body.executions),
    }),
  }),
  route({
    method: 'delete',
    path: `${path}/{execution}`,
    operationId: 'deleteDeadLetter',
    summary: 'Forget that an execution was given up; it stays as it is',
    tag,
    params: z.object({ execution: z.string().meta({ description: 'Its ARN, percent-encoded.' }) }),
    replies: { 204: { description: 'It is no longer in the list.' } },
    refusals: ['deadLetterNotFound', 'notSupported'],
    handle: async (services, { params }) => {
      await deleteDeadLetter(services, params.execution);
      return { status: 204 };
    },
  }),
];

function view({ since, at, ...letter }: DeadLetter) {
  return { ...letter, since: new Date(since).toISOString(), at: new Date(at).toISOString() };
}
