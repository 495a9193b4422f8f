import * as z from 'zod';
import { executionArn, type Place } from '../../model/arn.ts';
import type { Json } from '../../model/json.ts';
import { redrivability } from '../../model/redrive.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { closedExecution, describeExecution, startExecution, stopExecution } from '../use-cases/executions.ts';
import { forkExecution } from '../use-cases/fork.ts';
import { readHistory } from '../use-cases/history.ts';
import { checkMigration, migrateExecution } from '../use-cases/migration.ts';
import { stateAt } from '../use-cases/past.ts';
import { patternsUsed } from '../use-cases/patterns.ts';
import { payloadText } from '../use-cases/payload.ts';
import { type DefinitionChange, redriveExecution } from '../use-cases/redrive.ts';
import { resumeExecution, suspendExecution } from '../use-cases/suspension.ts';
import * as past from './past-schemas.ts';
import { type Reply, type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import { searchFields } from './search-schemas.ts';
import { oneOf } from './selection.ts';
import * as views from './views.ts';

const tag = 'executions';
export const executionParams = z.object({
  workflow: z.string(),
  execution: z.string().meta({ description: 'Its `id`.' }),
});
const waiting = z.object({ wait: schemas.wait });

export const executionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions',
    operationId: 'startExecution',
    summary: 'Start an execution; idempotent by its name',
    tag,
    params: z.object({ workflow: z.string() }),
    query: waiting,
    body: z.object({
      name: z.string().optional().meta({ description: 'Absent: a UUID.' }),
      input: schemas.json.default({}),
      ...schemas.selection,
      ...searchFields,
    }),
    replies: {
      201: {
        description: 'It has started; with `wait`, as it is after that time or at its end.',
        schema: schemas.execution,
      },
      200: { description: 'The same start came before.', schema: schemas.execution },
    },
    refusals: [
      'workflowNotFound',
      'versionNotFound',
      'nameInvalid',
      'inputInvalid',
      'executionExists',
      'startRefused',
      'stageFailed',
    ],
    handle: async (services, { params: { workflow }, query, body }) => {
      const { name, input, businessKey, tags, attributes } = body;
      const { version, alias } = oneOf(body);
      const started = await startExecution(services, {
        workflow,
        qualifier: alias ?? version?.toString(),
        name,
        input,
        search: {
          ...(businessKey === undefined ? {} : { businessKey }),
          ...(tags === undefined ? {} : { tags }),
          ...(attributes === undefined ? {} : { attributes }),
        },
      });
      return shown(services, started.execution, query.wait, started.isNew ? 201 : 200);
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}',
    operationId: 'getExecution',
    summary: 'Show an execution, or wait for its end',
    tag,
    params: executionParams,
    query: waiting,
    replies: { 200: { description: 'The execution.', schema: schemas.execution } },
    refusals: ['executionNotFound', 'executionErased'],
    handle: async (services, request) =>
      shown(services, arnOf(services.place, request.params), request.query.wait, 200),
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/history',
    operationId: 'getHistory',
    summary: 'Show what happened in an execution',
    tag,
    params: executionParams,
    query: schemas.paging.extend({ order: z.enum(['asc', 'desc']).default('asc') }),
    replies: { 200: { description: 'A page of its events.', schema: schemas.pageSchema(schemas.historyEvent) } },
    refusals: ['executionNotFound', 'executionErased', 'pageTokenInvalid'],
    handle: async (services, request) => {
      const page = await readHistory(services, arnOf(services.place, request.params), request.query);
      return { status: 200, body: views.page(page, views.historyEvent) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/stop',
    operationId: 'stopExecution',
    summary: 'Abort an execution; one that is closed stays as it is',
    tag,
    params: executionParams,
    body: schemas.failureBody,
    replies: { 200: { description: 'The execution; it may still be closing.', schema: schemas.execution } },
    refusals: ['executionNotFound', 'executionErased'],
    handle: async (services, request) => {
      const execution = arnOf(services.place, request.params);
      const { error, cause } = request.body;
      await stopExecution(services, execution, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
      return shown(services, execution, 0, 200);
    },
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/suspend',
    operationId: 'suspendExecution',
    summary: 'Hold an execution back: nothing in it begins until it is resumed',
    tag,
    params: executionParams,
    body: schemas.suspendBody,
    replies: { 200: { description: 'The execution, which is suspended.', schema: schemas.execution } },
    refusals: ['executionNotFound', 'executionErased', 'executionClosed'],
    handle: async (services, { params, body }) => {
      const execution = arnOf(services.place, params);
      await suspendExecution(services, execution, body.reason);
      return shown(services, execution, 0, 200);
    },
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/resume',
    operationId: 'resumeExecution',
    summary: 'Let an execution that was suspended go on',
    tag,
    params: executionParams,
    replies: { 200: { description: 'The execution, which goes on.', schema: schemas.execution } },
    refusals: ['executionNotFound', 'executionErased', 'executionClosed'],
    handle: async (services, { params }) => {
      const execution = arnOf(services.place, params);
      await resumeExecution(services, execution);
      return shown(services, execution, 0, 200);
    },
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/redrive',
    operationId: 'redriveExecution',
    summary:
      'Have an execution that failed, timed out or was aborted go on where it was, also with a changed definition',
    tag,
    params: executionParams,
    body: schemas.redriveBody,
    replies: { 200: { description: 'The execution, which runs again.', schema: schemas.execution } },
    refusals: [
      'executionNotFound',
      'executionErased',
      'executionNotRedrivable',
      'definitionInvalid',
      'definitionMismatch',
      'requestInvalid',
      'workflowNotFound',
    ],
    handle: async (services, request) => {
      const execution = arnOf(services.place, request.params);
      const { clientToken } = request.body;
      await redriveExecution(services, { execution, clientToken, change: changeIn(request.body) });
      return shown(services, execution, 0, 200);
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{workflow}/executions/{execution}/state',
    operationId: 'getStateAt',
    summary: 'Show an execution as it was at a moment, and what has changed since an earlier one',
    tag,
    params: executionParams,
    query: past.momentQuery,
    replies: { 200: { description: 'The execution as it was.', schema: past.stateAt } },
    refusals: ['executionNotFound', 'executionErased', 'momentInvalid'],
    handle: async (services, { params, query }) => ({
      status: 200,
      body: views.stateAt(await stateAt(services, arnOf(services.place, params), query)),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/fork',
    operationId: 'forkExecution',
    summary: 'Start an execution that goes on from where this one was at a moment, with changes',
    tag,
    params: executionParams,
    body: past.forkBody,
    replies: { 201: { description: 'The new execution.', schema: schemas.execution } },
    refusals: [
      'executionNotFound',
      'executionErased',
      'momentInvalid',
      'executionExists',
      'nameInvalid',
      'inputInvalid',
      'startRefused',
      'stageFailed',
      'definitionInvalid',
      'definitionMismatch',
      'requestInvalid',
      'notSupported',
      'workflowNotFound',
    ],
    handle: async (services, { params, body }) => {
      const { at, name, input, variables } = body;
      const execution = arnOf(services.place, params);
      const forked = await forkExecution(services, { execution, at, name, input, variables, change: changeIn(body) });
      return shown(services, forked, 0, 201);
    },
  }),
  route({
    method: 'post',
    path: '/v1/workflows/{workflow}/executions/{execution}/migrate',
    operationId: 'migrateExecution',
    summary: 'Have an execution that runs go on with another definition; what is at work stays so',
    tag,
    params: executionParams,
    body: schemas.migrateBody,
    replies: { 200: { description: 'What came of it.', schema: schemas.migrated } },
    refusals: [
      'executionNotFound',
      'executionErased',
      'executionClosed',
      'definitionInvalid',
      'definitionMismatch',
      'requestInvalid',
      'workflowNotFound',
    ],
    handle: async (services, { params, body }) => {
      const execution = arnOf(services.place, params);
      const change = changeIn(body);
      if (change === undefined) {
        throw new ApiError('requestInvalid', 'definition', 'Give a definition or a revision to go on with.');
      }
      const run = body.check ? checkMigration : migrateExecution;
      return { status: 200, body: { outcome: await run(services, { execution, change }) } };
    },
  }),
];

type Changing = Pick<z.output<typeof schemas.redriveBody>, 'definition' | 'revision'>;

function changeIn({ definition, revision }: Changing): DefinitionChange | undefined {
  if (definition === undefined) return revision === undefined ? undefined : { kind: 'latest' };
  if (revision !== undefined) {
    throw new ApiError('requestInvalid', 'revision', 'Give a definition or a revision to go on with, not both.');
  }
  return { kind: 'definition', text: typeof definition === 'string' ? definition : JSON.stringify(definition) };
}

/** The ARN of an execution from its id: that of an express one ends in `name:uuid`. */
export function arnOf(place: Place, { workflow, execution }: z.output<typeof executionParams>): string {
  const arn = executionArn(place, workflow, execution);
  return execution.includes(':') ? arn.replace(':execution:', ':express:') : arn;
}

function withoutTooLarge(services: Services, body: z.output<typeof schemas.execution>) {
  const isOmitted = (payload: Json | undefined) =>
    payload !== undefined && payloadText(services, payload) === undefined;
  const omitted = (['input', 'output'] as const).filter((field) => isOmitted(body[field]));
  if (omitted.length === 0) return body;
  const { input, output, ...rest } = body;
  return {
    ...rest,
    ...(input === undefined || omitted.includes('input') ? {} : { input }),
    ...(output === undefined || omitted.includes('output') ? {} : { output }),
    omitted,
  };
}

async function shown(services: Services, execution: string, wait: number, status: 200 | 201): Promise<Reply> {
  const state = await describeExecution(services, execution);
  const waits = wait > 0 && state.status === 'RUNNING';
  const closed = waits ? await closedExecution(services, execution, wait * 1000) : undefined;
  const current = closed ?? state;
  const redrivable = redrivability(current, services.clock.now(), services.policy.redrivableMs);
  const patterns = await patternsUsed(services, current.identity.workflow);
  const body = withoutTooLarge(services, views.execution(current, patterns, redrivable));
  if (status === 200) return { status, body };
  const path = `/v1/workflows/${encodeURIComponent(body.workflow)}/executions/${encodeURIComponent(body.id)}`;
  return { status, body, headers: { location: path } };
}
