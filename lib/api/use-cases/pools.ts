import type { Page } from '../../ports/execution-index.ts';
import type { PermitHolder } from '../../resources/pools/permit.ts';
import { problemOfPoolName } from '../../resources/pools/pool-name.ts';
import type { PoolSettings, PoolView } from '../../resources/pools/pool-store.ts';
import type { ResourcePools } from '../../resources/pools/resource-pools.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

export interface PoolSummary extends PoolSettings {
  readonly name: string;
}

export interface Pool extends PoolSummary, PoolView {
  /** Of those who wait, the first ones, as many as asked for. */
  readonly waiters: readonly PermitHolder[];
  /** Where more of them wait: where to go on. */
  readonly next?: string;
}

/** Those with a limit, by name. @throws ApiError `notSupported` */
export async function listPools(services: Services, limit: number, after = ''): Promise<Page<PoolSummary>> {
  const all = [...(await poolsOf(services).list())].map(([name, settings]) => ({ name, ...settings }));
  const left = all.filter(({ name }) => name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
  const items = left.slice(0, limit);
  const last = items.at(-1);
  return left.length > limit && last !== undefined ? { items, next: last.name } : { items };
}

/**
 * Who holds permits, and who waits.
 * @param limit how many of those who wait, 1 … 1,000.
 * @throws ApiError `poolNotFound`, `pageTokenInvalid`, `notSupported`
 */
export async function findPool(
  services: Services,
  name: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<Pool> {
  const pools = poolsOf(services);
  const [settings, view, line] = await Promise.all([
    pools.settings(name),
    pools.describe(name),
    pageOf(pools.waiting(name, limit, after)),
  ]);
  if (settings === undefined || view === undefined) throw notFound(name);
  return { name, ...settings, ...view, waiters: line.items, ...(line.next === undefined ? {} : { next: line.next }) };
}

/** @throws ApiError `requestInvalid`, `notSupported` */
export async function setPoolLimit(services: Services, name: string, limit: number): Promise<PoolSummary> {
  const problem = problemOfPoolName(name);
  if (problem !== undefined) throw new ApiError('requestInvalid', 'name', problem);
  return { name, ...(await poolsOf(services).setLimit(name, limit)) };
}

/** The limit of the deployment is in force again, or none. @throws ApiError `poolNotFound`, `notSupported` */
export async function removePoolLimit(services: Services, name: string): Promise<void> {
  const pools = poolsOf(services);
  const settings = await pools.settings(name);
  if (settings?.changedAt === undefined) throw notFound(name, settings !== undefined);
  await pools.removeLimit(name);
}

function poolsOf({ pools }: Services): ResourcePools {
  if (pools !== undefined) return pools;
  throw new ApiError('notSupported', 'pools', 'Configure the engine with resource pools: it has none.');
}

function notFound(name: string, isOfDeployment = false): ApiError {
  const message = isOfDeployment
    ? `Change the deployment, or set another limit: that of "${name}" is the deployment's.`
    : `Look at the list of pools, or set a limit first: "${name}" has none.`;
  return new ApiError('poolNotFound', name, message);
}
