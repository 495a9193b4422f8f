import { childNames } from '../../execution/tasks/map-run.ts';
import { parseMapRunArn } from '../../model/arn.ts';
import type { ExecutionQuery, ExecutionRow, Page } from '../../ports/execution-index.ts';
import { type MapRunReport, readMapRuns } from '../../state/map-runs.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { isOurs, loadExecution } from './executions.ts';
import { listExecutions } from './lists.ts';
import { pageTokenInvalid } from './pages.ts';

/** A map run, and the execution that it belongs to. */
export interface FoundMapRun extends MapRunReport {
  /** ARN. */
  readonly execution: string;
  /** ARN of the state machine that the execution is of. */
  readonly workflow: string;
}

/** The map runs of an execution, in the order of their start. @throws ApiError `executionNotFound`, `pageTokenInvalid` */
export async function listMapRuns(
  services: Services,
  execution: string,
  limit: number,
  after?: string,
): Promise<Page<FoundMapRun>> {
  const all = await mapRunsOf(services, execution);
  const from = after === undefined ? 0 : readToken(after);
  const items = all.slice(from, from + limit);
  return from + limit < all.length ? { items, next: token(from + limit) } : { items };
}

async function mapRunsOf(services: Services, execution: string): Promise<readonly FoundMapRun[]> {
  const { workflow } = (await loadExecution(services, execution)).state.identity;
  const reports = await readMapRuns(services.states, execution);
  return reports.map((report) => ({ ...report, execution, workflow: workflow.id }));
}

/** @throws ApiError `identifierInvalid`, `resourceNotFound` */
export async function describeMapRun(services: Services, run: string): Promise<FoundMapRun> {
  const parsed = parseMapRunArn(run);
  if (parsed === undefined) {
    throw new ApiError('identifierInvalid', run, `Give the ARN of a map run: "${run}" is none.`);
  }
  const isHere = isOurs(services.place, parsed.execution);
  const live = isHere ? await services.states.load(parsed.execution) : undefined;
  const found = live === undefined ? [] : await mapRunsOf(services, parsed.execution);
  const one = found.find((report) => report.run === run);
  if (one !== undefined) return one;
  throw new ApiError('resourceNotFound', run, 'Look at the map runs of the execution: there is none of this ARN.');
}

export interface MapRunChange {
  readonly maxConcurrency?: number | undefined;
  readonly toleratedFailureCount?: number | undefined;
  readonly toleratedFailurePercentage?: number | undefined;
}

/** Changes what holds for a run from now on. @throws ApiError, also for a run that has ended */
export async function updateMapRun(services: Services, run: string, change: MapRunChange): Promise<void> {
  const { execution, status } = await describeMapRun(services, run);
  const { maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = change;
  if ([maxConcurrency, toleratedFailureCount, toleratedFailurePercentage].every((value) => value === undefined)) {
    throw new ApiError('requestInvalid', run, 'Give a limit of concurrency or of failures to change.');
  }
  if (status !== 'RUNNING') {
    throw new ApiError('requestInvalid', run, `Only a running map run can be changed: this one is ${status}.`);
  }
  await services.engine.deliver(execution, {
    type: 'UpdateMapRun',
    id: services.ids.uuid(),
    run,
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(toleratedFailureCount === undefined ? {} : { toleratedFailureCount }),
    ...(toleratedFailurePercentage === undefined ? {} : { toleratedFailurePercentage }),
  });
}

/** What lists the children of a map run. @throws ApiError */
export async function childrenOf(
  services: Services,
  run: string,
): Promise<Required<Pick<ExecutionQuery, 'workflow' | 'mapRun'>>> {
  const { workflow } = await describeMapRun(services, run);
  return { workflow: `${workflow}/${parseMapRunArn(run)?.label}`, mapRun: run };
}

/** Of the children of a run that the query lists, those that are to be redriven and have not been taken up yet. */
export async function listPendingRedrives(
  services: Services,
  run: string,
  query: ExecutionQuery,
): Promise<Page<ExecutionRow>> {
  const { work, status } = await describeMapRun(services, run);
  const waiting = status === 'RUNNING' ? work.toLaunch : [];
  const pending = new Set(
    waiting.flatMap((child) => {
      const redrives = work.children[child]?.redrives ?? 0;
      return redrives === 0 ? [] : [childNames(run, 'STANDARD', { child, redrives }).execution];
    }),
  );
  const page = await listExecutions(services, query);
  return { ...page, items: page.items.filter(({ execution }) => pending.has(execution)) };
}

function token(position: number): string {
  return Buffer.from(`map-runs ${position}`).toString('base64url');
}

function readToken(text: string): number {
  const [, position] = /^map-runs (\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (position === undefined) throw pageTokenInvalid();
  return Number(position);
}
