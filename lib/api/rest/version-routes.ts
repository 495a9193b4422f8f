import * as z from 'zod';
import { workflowArn } from '../../model/arn.ts';
import { deleteAlias, findAlias, listAliases, pageOfAliases, putAlias } from '../use-cases/aliases.ts';
import { deleteVersion, describeVersion, listVersions, publishVersion } from '../use-cases/versions.ts';
import { findWorkflow } from '../use-cases/workflows.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';
import * as views from './views.ts';

const tag = 'versions';
const params = z.object({ name: z.string() });
const versionParams = params.extend({ version: z.coerce.number().int().min(1).max(999_999_999) });
const aliasParams = params.extend({ alias: z.string() });

export const versionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/workflows/{name}/versions',
    operationId: 'publishVersion',
    summary: 'Publish the current revision as the next version; once for each revision',
    tag,
    params,
    body: schemas.newVersion,
    replies: {
      201: { description: 'It is published.', schema: schemas.version },
      200: { description: 'The revision was published before.', schema: schemas.version },
    },
    refusals: ['workflowNotFound', 'revisionConflict', 'quotaExceeded'],
    handle: async (services, { params: { name }, body }) => {
      const { version, isNew } = await publishVersion(services, name, body);
      const shown = views.version(workflowArn(services.place, name), version);
      if (!isNew) return { status: 200, body: shown };
      const location = `/v1/workflows/${encodeURIComponent(name)}/versions/${version.number}`;
      return { status: 201, body: shown, headers: { location } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{name}/versions',
    operationId: 'listVersions',
    summary: 'List the versions of a workflow, newest first',
    tag,
    params,
    query: schemas.paging,
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(schemas.version) } },
    refusals: ['workflowNotFound', 'pageTokenInvalid'],
    handle: async (services, { params: { name }, query }) => {
      const page = await listVersions(services, name, query.limit, query.after);
      const workflow = workflowArn(services.place, name);
      return { status: 200, body: views.page(page, (version) => views.version(workflow, version)) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{name}/versions/{version}',
    operationId: 'getVersion',
    summary: 'Show a version and its definition',
    tag,
    params: versionParams,
    replies: { 200: { description: 'The version.', schema: schemas.definedVersion } },
    refusals: ['workflowNotFound', 'versionNotFound'],
    handle: async (services, { params: { name, version } }) => ({
      status: 200,
      body: views.definedVersion(await describeVersion(services, name, version)),
    }),
  }),
  route({
    method: 'delete',
    path: '/v1/workflows/{name}/versions/{version}',
    operationId: 'deleteVersion',
    summary: 'Delete a version that no alias leads to; its running executions go on',
    tag,
    params: versionParams,
    replies: { 204: { description: 'It is deleted.' } },
    refusals: ['workflowNotFound', 'versionNotFound', 'versionInUse'],
    handle: async (services, { params: { name, version } }) => {
      await describeVersion(services, name, version);
      await deleteVersion(services, name, version);
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{name}/aliases',
    operationId: 'listAliases',
    summary: 'List the aliases of a workflow, oldest first',
    tag,
    params,
    query: schemas.paging.extend({ version: schemas.selection.version }),
    replies: { 200: { description: 'A page of them.', schema: schemas.pageSchema(schemas.alias) } },
    refusals: ['workflowNotFound', 'pageTokenInvalid'],
    handle: async (services, { params: { name }, query: { version, limit, after } }) => {
      const workflow = await findWorkflow(services, name);
      const page = pageOfAliases(await listAliases(services, workflow, version), limit, after);
      return { status: 200, body: views.page(page, (alias) => views.alias(workflow.id, alias)) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/workflows/{name}/aliases/{alias}',
    operationId: 'getAlias',
    summary: 'Show an alias',
    tag,
    params: aliasParams,
    replies: { 200: { description: 'The alias.', schema: schemas.alias } },
    refusals: ['workflowNotFound', 'aliasNotFound'],
    handle: async (services, { params: { name, alias } }) => {
      const { id } = await findWorkflow(services, name);
      return { status: 200, body: views.alias(id, await findAlias(services, name, alias)) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/workflows/{name}/aliases/{alias}',
    operationId: 'putAlias',
    summary: 'Create an alias, or lead it to other versions',
    tag,
    params: aliasParams,
    body: schemas.aliasSettings,
    replies: {
      200: { description: 'It was there, and is now as given.', schema: schemas.alias },
      201: { description: 'It is created.', schema: schemas.alias },
    },
    refusals: ['workflowNotFound', 'nameInvalid', 'routingInvalid', 'routedVersionNotFound', 'quotaExceeded'],
    handle: async (services, { params: { name, alias }, body }) => {
      const put = await putAlias(services, { workflow: name, name: alias, ...body });
      const shown = views.alias(workflowArn(services.place, name), put.alias);
      if (!put.isNew) return { status: 200, body: shown };
      const location = `/v1/workflows/${encodeURIComponent(name)}/aliases/${encodeURIComponent(alias)}`;
      return { status: 201, body: shown, headers: { location } };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/workflows/{name}/aliases/{alias}',
    operationId: 'deleteAlias',
    summary: 'Delete an alias; its versions stay',
    tag,
    params: aliasParams,
    replies: { 204: { description: 'It is deleted.' } },
    refusals: ['workflowNotFound', 'aliasNotFound'],
    handle: async (services, { params: { name, alias } }) => {
      await findWorkflow(services, name);
      await deleteAlias(services, name, alias);
      return { status: 204 };
    },
  }),
];
