import * as z from 'zod';
import { extension, receipt } from '../../provenance/receipt-schema.ts';
import {
  describeLedger,
  erasePayloads,
  extendLedger,
  findReceipt,
  listCommits,
  sealLedger,
} from '../use-cases/provenance.ts';
import { arnOf, executionParams } from './execution-routes.ts';
import { commit, ledger, sealed } from './provenance-schemas.ts';
import { type Route, route } from './route.ts';
import { pageSchema, paging } from './schemas.ts';

const tag = 'provenance';

/** What proves how executions went. */
export const provenanceRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/commits',
    operationId: 'listCommits',
    summary: 'List the commits of an execution, with their hashes',
    tag,
    params: executionParams,
    query: paging,
    replies: { 200: { description: 'A page of them; it may be short.', schema: pageSchema(commit) } },
    refusals: ['executionNotFound', 'pageTokenInvalid'],
    handle: async (services, { params, query }) => {
      const { items, next } = await listCommits(services, arnOf(services.place, params), query.limit, query.after);
      const commits = items.map(({ execution: _, ...shown }) => shown);
      return { status: 200, body: { items: commits, ...(next === undefined ? {} : { next }) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/receipt',
    operationId: 'getReceipt',
    summary: 'Get the proof that an execution ended as its log says',
    tag,
    params: executionParams,
    replies: { 200: { description: 'To be checked with the public key of the ledger.', schema: receipt } },
    refusals: ['executionNotFound', 'receiptNotFound', 'notSupported'],
    handle: async (services, { params }) => ({
      status: 200,
      body: await findReceipt(services, arnOf(services.place, params)),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/workflows/{workflow}/executions/{execution}/payloads',
    operationId: 'erasePayloads',
    summary: 'Erase inputs, outputs and names of people from the log of a closed execution, for ever',
    tag,
    params: executionParams,
    replies: { 204: { description: 'They are gone; the chain of hashes holds.' } },
    refusals: ['executionNotFound', 'executionOpen', 'executionHeld'],
    handle: async (services, { params }) => {
      await erasePayloads(services, arnOf(services.place, params));
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/v1/ledger',
    operationId: 'getLedger',
    summary: 'Show what was signed last, and the public key',
    tag,
    replies: { 200: { description: 'The ledger.', schema: ledger } },
    refusals: ['notSupported'],
    handle: async (services) => ({ status: 200, body: await describeLedger(services) }),
  }),
  route({
    method: 'post',
    path: '/v1/ledger/seal',
    operationId: 'sealLedger',
    summary: 'Take what has closed into the ledger now',
    tag,
    replies: { 200: { description: 'How many executions that were.', schema: sealed } },
    refusals: ['notSupported'],
    handle: async (services) => ({ status: 200, body: { closings: await sealLedger(services) } }),
  }),
  route({
    method: 'get',
    path: '/v1/ledger/extensions/{periods}',
    operationId: 'getLedgerExtension',
    summary: 'Prove that the ledger goes on from how it was with so many periods',
    tag,
    params: z.object({ periods: z.coerce.number().int().min(1) }),
    replies: { 200: { description: 'To be checked with the public key.', schema: extension } },
    refusals: ['periodNotFound', 'notSupported'],
    handle: async (services, { params }) => ({ status: 200, body: await extendLedger(services, params.periods) }),
  }),
];
