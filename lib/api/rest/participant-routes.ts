import * as z from 'zod';
import type { Participant } from '../../resources/allocation/participant.ts';
import { deleteParticipant, findParticipant, listParticipants, putParticipant } from '../use-cases/participants.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';
import { page } from './views.ts';
import { newParticipant, participant } from './work-item-schemas.ts';

const tag = 'participants';
const params = z.object({ id: z.string().min(1).max(256) });

/** Who does work items. */
export const participantRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/participants',
    operationId: 'listParticipants',
    summary: 'List those who do work items',
    tag,
    query: paging,
    replies: { 200: { description: 'A page of them, by id.', schema: pageSchema(participant) } },
    refusals: ['pageTokenInvalid'],
    handle: async (services, { query }) => ({
      status: 200,
      body: page(await listParticipants(services, query.limit, query.after), view),
    }),
  }),
  route({
    method: 'get',
    path: '/v1/participants/{id}',
    operationId: 'getParticipant',
    summary: 'Show a participant',
    tag,
    params,
    replies: { 200: { description: 'The participant.', schema: participant } },
    refusals: ['participantNotFound'],
    handle: async (services, request) => ({
      status: 200,
      body: view(await findParticipant(services, request.params.id)),
    }),
  }),
  route({
    method: 'put',
    path: '/v1/participants/{id}',
    operationId: 'putParticipant',
    summary: 'Create or change a participant; items that nobody fitted are looked at again',
    tag,
    params,
    body: newParticipant,
    replies: { 200: { description: 'The participant.', schema: participant } },
    handle: async (services, { params: { id }, body }) => ({
      status: 200,
      body: view(await putParticipant(services, { id, ...body })),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/participants/{id}',
    operationId: 'deleteParticipant',
    summary: 'Delete a participant; what was given to it stays with it',
    tag,
    params,
    replies: { 204: { description: 'It is deleted.' } },
    refusals: ['participantNotFound'],
    handle: async (services, request) => {
      await deleteParticipant(services, request.params.id);
      return { status: 204 };
    },
  }),
];

function view({ roles, capabilities, ...rest }: Participant): z.output<typeof participant> {
  return { ...rest, roles: [...roles], capabilities: [...capabilities] };
}
