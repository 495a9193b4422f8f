import { addItems } from '../use-cases/dynamic-items.ts';
import { openWork } from '../use-cases/open-work.ts';
import { sendEvent } from '../use-cases/outside-events.ts';
import { arnOf, executionParams } from './execution-routes.ts';
import { type Route, route } from './route.ts';
import * as views from './views.ts';
import * as schemas from './work-item-schemas.ts';

const tag = 'executions';

/** What an execution waits for, and how the outside gives it that: events, and items for its Maps. */
export const eventRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/open',
    operationId: 'getOpenWork',
    summary: 'Show what is open in an execution: states at work, offers, tokens that wait, kept events',
    tag,
    params: executionParams,
    replies: { 200: { description: 'All of it.', schema: schemas.openWork } },
    refusals: ['executionNotFound', 'executionErased'],
    handle: async (services, request) => ({
      status: 200,
      body: views.openWork(await openWork(services, arnOf(services.place, request.params))),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/events',
    operationId: 'sendEvent',
    summary: 'Send an event to an execution; idempotent by its id',
    tag,
    params: executionParams,
    body: schemas.newEvent,
    replies: { 200: { description: 'What became of it.', schema: schemas.sentEvent } },
    refusals: [
      'executionNotFound',
      'executionErased',
      'executionClosed',
      'eventUnknown',
      'eventConflict',
      'inputInvalid',
      'executionBusy',
    ],
    handle: async (services, request) => ({
      status: 200,
      body: await sendEvent(services, arnOf(services.place, request.params), request.body),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/items',
    operationId: 'addItems',
    summary: 'Add items to a dynamic Map that runs; idempotent by the id of the request',
    tag,
    params: executionParams,
    body: schemas.newItems,
    replies: { 200: { description: 'They are added.', schema: schemas.addedItems } },
    refusals: [
      'executionNotFound',
      'executionErased',
      'executionClosed',
      'mapNotRunning',
      'mapNotDynamic',
      'mapAmbiguous',
      'itemsConflict',
      'inputInvalid',
      'executionBusy',
    ],
    handle: async (services, request) => ({
      status: 200,
      body: await addItems(services, arnOf(services.place, request.params), request.body),
    }),
  }),
];
