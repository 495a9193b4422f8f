import * as z from 'zod';
import { definitionSchema, type Finding } from '../../language/index.ts';
import type { Services } from '../services.ts';
import { patternsUsed } from '../use-cases/patterns.ts';
import {
  checkDefinition,
  createWorkflow,
  deleteWorkflow,
  describeWorkflow,
  findWorkflow,
  listWorkflows,
  type NewWorkflow,
  planDefinition,
  putWorkflow,
} from '../use-cases/workflows.ts';
import { type Reply, type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import * as views from './views.ts';

const tag = 'workflows';
const params = z.object({ name: z.string() });

export const workflowRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/workflows',
    operationId: 'createWorkflow',
    summary: 'Register a workflow',
    tag,
    body: schemas.newWorkflow,
    replies: {
      201: { description: 'It is registered.', schema: schemas.registeredWorkflow },
      200: { description: 'The same workflow was there already.', schema: schemas.registeredWorkflow },
    },
    refusals: ['nameInvalid', 'definitionInvalid', 'workflowExists', 'tooManyTags'],
    handle: async (services, { body }) => {
      const tags = Object.entries(body.tags ?? {}).map(([key, value]) => ({ key, value }));
      const created = await createWorkflow(services, { ...requested(body.name, body), tags });
      return reply(created.isNew, await registered(services, created.workflow.name, body));
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows',
    operationId: 'listWorkflows',
    summary: 'List workflows, in order of name',
    tag,
    query: schemas.paging,
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(schemas.workflowSummary) } },
    refusals: ['pageTokenInvalid'],
    handle: async (services, { query }) => {
      const page = await listWorkflows(services, query.limit, query.after);
      return { status: 200, body: views.page(page, views.workflowSummary) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{name}',
    operationId: 'getWorkflow',
    summary: 'Show a workflow and its definition',
    tag,
    params,
    replies: { 200: { description: 'The workflow.', schema: schemas.workflow } },
    refusals: ['workflowNotFound'],
    handle: async (services, { params: { name } }) => ({
      status: 200,
      body: await shown(services, name),
    }),
  }),
  route({
    method: 'put',
    path: '/v1/workflows/{name}',
    operationId: 'putWorkflow',
    summary: 'Register a workflow, or replace its definition and settings; running executions keep the old ones',
    tag,
    params,
    body: schemas.workflowSettings,
    replies: {
      200: { description: 'It was there, and is now as given.', schema: schemas.registeredWorkflow },
      201: { description: 'It is registered.', schema: schemas.registeredWorkflow },
    },
    refusals: ['nameInvalid', 'definitionInvalid', 'workflowExists'],
    handle: async (services, { params: { name }, body }) => {
      const { isNew } = await putWorkflow(services, requested(name, body));
      return reply(isNew, await registered(services, name, body));
    },
  }),
  route({
    method: 'delete',
    path: '/v1/workflows/{name}',
    operationId: 'deleteWorkflow',
    summary: 'Delete a workflow; its running executions go on',
    tag,
    params,
    replies: { 204: { description: 'It is deleted.' } },
    refusals: ['workflowNotFound'],
    handle: async (services, { params: { name } }) => {
      await findWorkflow(services, name);
      await deleteWorkflow(services, name);
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/v1/definition-schema',
    operationId: 'getDefinitionSchema',
    summary: 'The JSON Schema of definitions, for editors',
    tag,
    replies: {
      200: { description: 'A JSON Schema, draft 7.', schema: z.record(z.string(), z.unknown()) },
    },
    handle: async () => ({ status: 200, body: definitionSchema() }),
  }),
  route({
    method: 'post',
    path: '/v1/validations',
    operationId: 'validateDefinition',
    summary: 'Check a definition without registering it',
    tag,
    body: z.object({ definition: schemas.definition, type: schemas.workflowType.default('STANDARD') }),
    replies: {
      200: {
        description: 'What was found; a definition with an ERROR would be refused.',
        schema: z.object({
          valid: z.boolean(),
          findings: z.array(schemas.finding),
          plan: schemas.optimizations.optional(),
        }),
      },
    },
    handle: async (services, { body }) => {
      const { definition, type } = body;
      const { findings: found, plan } = planDefinition(services, definitionText(definition), type);
      const findings = placed(definition, found);
      const valid = findings.every(({ severity }) => severity !== 'ERROR');
      return { status: 200, body: { valid, findings, ...(plan === undefined ? {} : { plan }) } };
    },
  }),
];

async function shown(services: Services, name: string): Promise<z.output<typeof schemas.workflow>> {
  const described = await describeWorkflow(services, name);
  return views.workflow(described, await patternsUsed(services, described.workflow));
}

/** With the warnings about the definition as it was given. */
async function registered(services: Services, name: string, given: Given): Promise<Registered> {
  return { ...(await shown(services, name)), findings: findingsIn(services, given) };
}

type Registered = z.output<typeof schemas.registeredWorkflow>;
type Given = Pick<z.output<typeof schemas.workflowSettings>, 'definition' | 'type'>;

function findingsIn(services: Services, { definition, type }: Given): Finding[] {
  return placed(definition, checkDefinition(services, definitionText(definition), type));
}

function placed(definition: Given['definition'], found: readonly Finding[]): Finding[] {
  return typeof definition === 'string' ? [...found] : found.map(withoutPlace);
}

/** An object has no lines. */
function withoutPlace({ line: _line, column: _column, ...found }: Finding): Finding {
  return found;
}

function requested(name: string, settings: z.output<typeof schemas.workflowSettings>): NewWorkflow {
  const { definition, type, roleArn, tracing } = settings;
  return { name, definition: definitionText(definition), type, roleArn, tracing: { enabled: tracing } };
}

function definitionText(definition: z.output<typeof schemas.definition>): string {
  return typeof definition === 'string' ? definition : JSON.stringify(definition);
}

function reply(isNew: boolean, body: Registered): Reply {
  if (!isNew) return { status: 200, body };
  return { status: 201, body, headers: { location: `/v1/workflows/${encodeURIComponent(body.name)}` } };
}
