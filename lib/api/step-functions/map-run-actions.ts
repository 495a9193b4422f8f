import * as z from 'zod';
import { countMapRun } from '../../state/map-runs.ts';
import { describeMapRun, type FoundMapRun, listMapRuns, updateMapRun } from '../use-cases/map-runs.ts';
import { action, checkExecutionArn, checkMapRunArn, seconds } from './action.ts';
import { arn, DEFAULT_PAGE, longArn, maxResults, text } from './parameters.ts';

const ListMapRuns = action(
  z.object({ executionArn: arn, maxResults, nextToken: text(1, 1_024).optional() }),
  async (services, { executionArn, maxResults: limit, nextToken }) => {
    checkExecutionArn(services, executionArn);
    const page = await listMapRuns(services, executionArn, limit || DEFAULT_PAGE, nextToken);
    const mapRuns = page.items.map((run) => ({ ...identified(run), stateMachineArn: run.workflow }));
    return { mapRuns, nextToken: page.next };
  },
);

const DescribeMapRun = action(z.object({ mapRunArn: longArn }), async (services, { mapRunArn }) => {
  checkMapRunArn(services, mapRunArn);
  const run = await describeMapRun(services, mapRunArn);
  const { maxConcurrency, tolerated, redriven } = run.work;
  const { items, executions } = countMapRun(run);
  return {
    ...identified(run),
    status: run.status,
    maxConcurrency,
    toleratedFailurePercentage: tolerated.percentage,
    toleratedFailureCount: tolerated.count,
    itemCounts: items,
    executionCounts: executions,
    redriveCount: redriven?.count ?? 0,
    redriveDate: redriven === undefined ? undefined : seconds(redriven.at),
  };
});

function identified({ run, execution, startedAt, stoppedAt }: FoundMapRun): Readonly<Record<string, unknown>> {
  return {
    mapRunArn: run,
    executionArn: execution,
    startDate: seconds(startedAt),
    stopDate: stoppedAt === undefined ? undefined : seconds(stoppedAt),
  };
}

const UpdateMapRun = action(
  z.object({
    mapRunArn: longArn,
    maxConcurrency: z.int().min(0).optional(),
    toleratedFailurePercentage: z.number().min(0).max(100).optional(),
    toleratedFailureCount: z.int().min(0).optional(),
  }),
  async (services, { mapRunArn, ...change }) => {
    checkMapRunArn(services, mapRunArn);
    await updateMapRun(services, mapRunArn, change);
    return {};
  },
);

export const mapRunActions = { ListMapRuns, DescribeMapRun, UpdateMapRun } as const;
