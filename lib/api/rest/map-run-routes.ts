import * as z from 'zod';
import { countMapRun } from '../../state/map-runs.ts';
import type { Services } from '../services.ts';
import { describeMapRun, type FoundMapRun, listMapRuns, updateMapRun } from '../use-cases/map-runs.ts';
import { arnOf, executionParams } from './execution-routes.ts';
import { type Reply, type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import * as views from './views.ts';

const tag = 'map runs';
const params = z.object({ mapRun: z.string().meta({ description: 'ARN of the map run, URL-encoded.' }) });

const counts = z.object({
  pending: z.int(),
  running: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  timedOut: z.int(),
  aborted: z.int(),
  total: z.int(),
  resultsWritten: z.int(),
  failuresNotRedrivable: z.int(),
  pendingRedrive: z.int().meta({ description: 'To be redriven, and not taken up yet.' }),
});

const limits = {
  maxConcurrency: z.int().min(0).meta({ description: '0: no limit.' }),
  toleratedFailureCount: z.int().min(0),
  toleratedFailurePercentage: z.number().min(0).max(100),
};

const mapRun = z
  .object({
    arn: z.string(),
    execution: z.string().meta({ description: 'ARN of the execution it belongs to.' }),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED']),
    startedAt: z.iso.datetime(),
    stoppedAt: z.iso.datetime().optional(),
    ...limits,
    items: counts,
    executions: counts,
    redriveCount: z.int().min(0),
    redrivenAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'MapRun' });

function view(run: FoundMapRun): z.output<typeof mapRun> {
  const { maxConcurrency, tolerated, redriven } = run.work;
  return {
    arn: run.run,
    execution: run.execution,
    status: run.status,
    startedAt: new Date(run.startedAt).toISOString(),
    ...(run.stoppedAt === undefined ? {} : { stoppedAt: new Date(run.stoppedAt).toISOString() }),
    maxConcurrency,
    toleratedFailureCount: tolerated.count,
    toleratedFailurePercentage: tolerated.percentage,
    ...countMapRun(run),
    redriveCount: redriven?.count ?? 0,
    ...(redriven === undefined ? {} : { redrivenAt: new Date(redriven.at).toISOString() }),
  };
}

export const mapRunRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/map-runs',
    operationId: 'listMapRuns',
    summary: 'List the runs of the distributed Maps of an execution',
    tag,
    params: executionParams,
    query: schemas.paging,
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(mapRun) } },
    refusals: ['executionNotFound', 'executionErased', 'pageTokenInvalid'],
    handle: async (services, { params: id, query }) => {
      const page = await listMapRuns(services, arnOf(services.place, id), query.limit, query.after);
      return { status: 200, body: views.page(page, view) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/map-runs/{mapRun}',
    operationId: 'getMapRun',
    summary: 'Show a map run: how far it is, and its limits',
    tag,
    params,
    replies: { 200: { description: 'The map run.', schema: mapRun } },
    refusals: ['identifierInvalid', 'resourceNotFound'],
    handle: async (services, request) => shown(services, request.params.mapRun),
  }),
  route({
    method: 'patch',
    path: '/v1/map-runs/{mapRun}',
    operationId: 'updateMapRun',
    summary: 'Change the limits of a running map run',
    tag,
    params,
    body: z.object(limits).partial(),
    replies: { 200: { description: 'The map run; the change takes effect in a moment.', schema: mapRun } },
    refusals: ['identifierInvalid', 'resourceNotFound', 'requestInvalid'],
    handle: async (services, request) => {
      await updateMapRun(services, request.params.mapRun, request.body);
      return shown(services, request.params.mapRun);
    },
  }),
];

async function shown(services: Services, run: string): Promise<Reply> {
  return { status: 200, body: view(await describeMapRun(services, run)) };
}
