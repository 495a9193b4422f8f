import { type Alias, MAX_ALIASES, type Route } from '../../execution/aliases.ts';
import { versionNumber, type Workflow } from '../../execution/workflows.ts';
import { qualifiedArn } from '../../model/arn.ts';
import { jsonEqual } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageTokenInvalid } from './pages.ts';
import { findWorkflow } from './workflows.ts';

export interface NewAlias {
  readonly workflow: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly routes: readonly Route[];
}

export interface AliasChange {
  readonly description?: string | undefined;
  readonly routes?: readonly Route[] | undefined;
}

export interface CreatedAlias {
  readonly alias: Alias;
  /** False: it was there already. */
  readonly isNew: boolean;
}

const MAX_ALIAS_LENGTH = 80;
/** Letters, digits and `_-.`, not digits alone: those name versions. */
export const ALIAS_NAME = /^(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]+$/;

/** @throws ApiError `nameInvalid` */
export function checkAliasName(name: string): void {
  if (name.length <= MAX_ALIAS_LENGTH && ALIAS_NAME.test(name) && versionNumber(name) === undefined) return;
  const message = `Choose a name of 1 to ${MAX_ALIAS_LENGTH} letters, digits and characters of "_-.", not of digits alone.`;
  throw new ApiError('nameInvalid', name, message);
}

/**
 * Creates an alias; doing it again with the same description and routes changes nothing.
 * @throws ApiError `workflowNotFound`, `routingInvalid`, `aliasExists`, `quotaExceeded`
 */
export async function createAlias(services: Services, request: NewAlias): Promise<CreatedAlias> {
  const { name, description, routes } = request;
  checkAliasName(name);
  const { id } = await findRouted(services, request.workflow, routes);
  const now = services.clock.now();
  const described = description === undefined ? {} : { description };
  const alias: Alias = { name, ...described, routes, createdAt: now, updatedAt: now };
  const existing = await services.workflows.aliases.find(id, name);
  if (existing === undefined) {
    await checkQuota(services, id);
    if ((await services.workflows.aliases.create(id, alias)) === 'created') return { alias, isNew: true };
  }
  const there = existing ?? (await services.workflows.aliases.find(id, name));
  if (there !== undefined && isSame(there, alias)) return { alias: there, isNew: false };
  const message =
    'Failed to create alias because an alias with the same name and a different routing configuration already exists.';
  throw new ApiError('aliasExists', qualifiedArn(id, name), message);
}

/** Creates the alias, or makes the one of that name the same. */
export async function putAlias(services: Services, request: NewAlias): Promise<CreatedAlias> {
  const { id } = await findWorkflow(services, request.workflow);
  const existing = await services.workflows.aliases.find(id, request.name);
  if (existing === undefined) return createAlias(services, request);
  const { description = '', routes } = request;
  return { alias: await updateAlias(services, request.workflow, request.name, { description, routes }), isNew: false };
}

/** @throws ApiError `aliasNotFound`, `routingInvalid`, `nothingToUpdate` */
export async function updateAlias(
  services: Services,
  workflow: string,
  name: string,
  { description, routes }: AliasChange,
): Promise<Alias> {
  if (description === undefined && routes === undefined) {
    throw new ApiError('requestInvalid', name, 'Give a description or a routing configuration to change.');
  }
  const found = await services.workflows.find(workflow);
  if (found === undefined) throw aliasNotFound(name);
  await findAlias(services, workflow, name);
  if (routes !== undefined) await findRouted(services, workflow, routes);
  const updated = await services.workflows.aliases.update(found.id, name, (current) => ({
    ...current,
    ...(description === undefined ? {} : { description }),
    ...(routes === undefined ? {} : { routes }),
    updatedAt: services.clock.now(),
  }));
  if (updated === undefined) throw aliasNotFound(name);
  return updated;
}

/** @throws ApiError `aliasNotFound` */
export async function findAlias(services: Services, workflow: string, name: string): Promise<Alias> {
  const found = await services.workflows.find(workflow);
  const alias = found === undefined ? undefined : await services.workflows.aliases.find(found.id, name);
  if (alias === undefined) throw aliasNotFound(name);
  return alias;
}

/** @throws ApiError `aliasNotFound` */
export async function deleteAlias(services: Services, workflow: string, name: string): Promise<void> {
  await findAlias(services, workflow, name);
  const { id } = await findWorkflow(services, workflow);
  await services.workflows.aliases.delete(id, name);
}

/** Oldest first; with `version` only those that lead to it. */
export async function listAliases(
  services: Services,
  { id }: Pick<Workflow, 'id'>,
  version?: number,
): Promise<readonly Alias[]> {
  const aliases = await services.workflows.aliases.all(id);
  if (version === undefined) return aliases;
  return aliases.filter(({ routes }) => routes.some((route) => route.version === version));
}

/** @throws ApiError `pageTokenInvalid` */
export function pageOfAliases(aliases: readonly Alias[], limit: number, after?: string): Page<Alias> {
  const start = after === undefined ? 0 : positionOf(aliases, after);
  const items = aliases.slice(start, start + limit);
  const last = items.at(-1);
  if (last === undefined || start + limit >= aliases.length) return { items };
  return { items, next: Buffer.from(JSON.stringify([last.createdAt, last.name])).toString('base64url') };
}

/** Behind the alias that the token names, which may have been deleted. */
function positionOf(aliases: readonly Alias[], token: string): number {
  const [createdAt, name] = readToken(token);
  const next = aliases.findIndex(
    (alias) => alias.createdAt > createdAt || (alias.createdAt === createdAt && alias.name > name),
  );
  return next === -1 ? aliases.length : next;
}

function readToken(token: string): readonly [createdAt: number, name: string] {
  try {
    const [createdAt, name, ...rest]: readonly unknown[] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof createdAt === 'number' && typeof name === 'string' && rest.length === 0) return [createdAt, name];
  } catch {
    // Not a token of ours.
  }
  throw pageTokenInvalid();
}

/** The workflow, if its aliases may have these routes. @throws ApiError `workflowNotFound`, `routingInvalid` */
async function findRouted(services: Services, name: string, routes: readonly Route[]): Promise<Workflow> {
  const weights = routes.map(({ weight }) => weight);
  if (routes.length < 1 || routes.length > 2) throw routingInvalid('Route to one or two versions.');
  if (new Set(routes.map(({ version }) => version)).size < routes.length) {
    throw routingInvalid('Route to two different versions, or to one.');
  }
  if (weights.reduce((sum, weight) => sum + weight, 0) !== 100) {
    throw routingInvalid(`Sum of routing configuration weights must equal 100. Received: [${weights.join(', ')}]`);
  }
  const workflow = await findWorkflow(services, name);
  for (const { version } of routes) {
    if ((await services.workflows.versions.find(workflow, version)) !== undefined) continue;
    const message = `Publish version ${version} of the workflow "${name}" first: it does not exist.`;
    throw new ApiError('routedVersionNotFound', qualifiedArn(workflow.id, version), message);
  }
  return workflow;
}

function routingInvalid(message: string): ApiError {
  return new ApiError('routingInvalid', 'routingConfiguration', message);
}

async function checkQuota(services: Services, workflow: string): Promise<void> {
  const aliases = await services.workflows.aliases.all(workflow);
  if (aliases.length < MAX_ALIASES) return;
  throw new ApiError('quotaExceeded', workflow, `Delete aliases first: a state machine has at most ${MAX_ALIASES}.`);
}

function isSame(existing: Alias, wanted: Alias): boolean {
  const routes = (alias: Alias) => alias.routes.map((route) => ({ ...route }));
  return existing.description === wanted.description && jsonEqual(routes(existing), routes(wanted));
}

function aliasNotFound(name: string): ApiError {
  return new ApiError('aliasNotFound', name, `Create the alias "${name}" first, or look at the list of aliases.`);
}
