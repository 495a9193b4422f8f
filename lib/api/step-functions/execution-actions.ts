import * as z from 'zod';
import { qualifiedArn } from '../../model/arn.ts';
import { isJsonObject } from '../../model/json.ts';
import { redrivability } from '../../model/redrive.ts';
import type { ExecutionState } from '../../model/state.ts';
import type { ExecutionQuery, ExecutionRow } from '../../ports/execution-index.ts';
import { xrayHeaderOf } from '../../ports/trace-context.ts';
import type { HistoryEvent } from '../../state/history/history-event.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { closedExecution, describeExecution, startExecution, stopExecution } from '../use-cases/executions.ts';
import { readHistory } from '../use-cases/history.ts';
import { listExecutions } from '../use-cases/lists.ts';
import { childrenOf, listPendingRedrives } from '../use-cases/map-runs.ts';
import { parsePayload, payloadText } from '../use-cases/payload.ts';
import { redriveExecution } from '../use-cases/redrive.ts';
import { findWorkflow } from '../use-cases/workflows.ts';
import { action, checkExecutionArn, checkMapRunArn, seconds, versionOf, workflowSelectorOf } from './action.ts';
import { arn, DEFAULT_PAGE, longArn, maxResults, name, text } from './parameters.ts';

const input = z.string().default('{}');
const includedData = z.enum(['ALL_DATA', 'METADATA_ONLY']).default('ALL_DATA');
const failure = { error: text(0, 256).optional(), cause: text(0, 32_768).optional() };
const start = z.object({ stateMachineArn: arn, name: name.optional(), input, traceHeader: text(0, 256).optional() });

const StartExecution = action(start, async (services, parameters) => {
  const { name: workflow, qualifier } = workflowSelectorOf(services, parameters.stateMachineArn);
  const started = await startExecution(services, {
    workflow,
    qualifier,
    name: parameters.name,
    input: parsePayload(parameters.input, 'inputInvalid'),
    traceHeader: parameters.traceHeader,
  });
  return { executionArn: started.execution, startDate: seconds(started.startedAt) };
});

/** An execution that lasts longer than a request may is stopped, and answered as timed out. */
const StartSyncExecution = action(start.extend({ includedData }), async (services, parameters) => {
  const { name, qualifier } = workflowSelectorOf(services, parameters.stateMachineArn);
  const workflow = await findWorkflow(services, name);
  if (workflow.type !== 'EXPRESS') throw typeNotSupported(workflow.id);
  const { execution } = await startExecution(services, {
    workflow: workflow.name,
    qualifier,
    name: parameters.name,
    input: parsePayload(parameters.input, 'inputInvalid'),
    traceHeader: parameters.traceHeader,
  });
  const { waitMs } = services.policy;
  const closed = await closedExecution(services, execution, waitMs);
  if (closed !== undefined) {
    return {
      ...syncDescription(services, closed, parameters.includedData),
      billingDetails: billingDetails(closed),
    };
  }
  const cause = `The execution did not end within ${waitMs / 1000} seconds.`;
  const stopDate = await stopExecution(services, execution, { error: 'States.Timeout', cause });
  const open = await describeExecution(services, execution);
  const timedOut = { status: 'TIMED_OUT', error: 'States.Timeout', cause, stopDate: seconds(stopDate) };
  return { ...syncDescription(services, open, parameters.includedData), ...timedOut };
});

/** The service charges by tenths of a second and 64 MB; memory is not measured here, so that it is always the least. */
function billingDetails({ identity, closedAt }: ExecutionState): Readonly<Record<string, unknown>> {
  const duration = (closedAt ?? identity.startedAt) - identity.startedAt;
  return { billedDurationInMilliseconds: Math.max(100, Math.ceil(duration / 100) * 100), billedMemoryUsedInMB: 64 };
}

/** The answer of a synchronous start does not say which version ran. */
function syncDescription(
  services: Services,
  state: ExecutionState,
  included: 'ALL_DATA' | 'METADATA_ONLY',
): Readonly<Record<string, unknown>> {
  return {
    ...description(services, state, included),
    stateMachineVersionArn: undefined,
    stateMachineAliasArn: undefined,
  };
}

const DescribeExecution = action(
  z.object({ executionArn: arn, includedData }),
  async (services, { executionArn, includedData: included }) => {
    checkExecutionArn(services, executionArn);
    const state = await describeExecution(services, executionArn);
    return { ...description(services, state, included), ...redriving(services, state) };
  },
);

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
/** `PENDING_REDRIVE`: children of a map run that was taken up again, until they are so themselves. */
const statusFilter = z.enum([...STATUSES, 'PENDING_REDRIVE']).optional();

const ListExecutions = action(
  z.object({
    stateMachineArn: arn.optional(),
    mapRunArn: longArn.optional(),
    statusFilter,
    redriveFilter: z.enum(['REDRIVEN', 'NOT_REDRIVEN']).optional(),
    maxResults,
    nextToken: text(1, 3_096).optional(),
  }),
  async (services, parameters) => {
    const { mapRunArn, statusFilter: status, redriveFilter, nextToken: after } = parameters;
    const query = {
      ...(await listed(services, parameters)),
      limit: parameters.maxResults || DEFAULT_PAGE,
      ...(redriveFilter === undefined ? {} : { redriven: redriveFilter === 'REDRIVEN' }),
      ...(after === undefined ? {} : { after }),
    };
    if (status === 'PENDING_REDRIVE' && mapRunArn !== undefined) {
      const page = await listPendingRedrives(services, mapRunArn, query);
      return { executions: page.items.map((row) => ({ ...listItem(row), status })), nextToken: page.next };
    }
    const isStatus = status !== undefined && status !== 'PENDING_REDRIVE';
    const page = await listExecutions(services, { ...query, ...(isStatus ? { status } : {}) });
    return { executions: page.items.map(listItem), nextToken: page.next };
  },
);

interface Listed {
  readonly stateMachineArn?: string | undefined;
  readonly mapRunArn?: string | undefined;
  readonly statusFilter?: string | undefined;
  readonly redriveFilter?: string | undefined;
}

async function listed(
  services: Services,
  { stateMachineArn, mapRunArn, statusFilter: status, redriveFilter }: Listed,
): Promise<Pick<ExecutionQuery, 'workflow' | 'version' | 'alias' | 'mapRun'>> {
  if (mapRunArn !== undefined) {
    if (stateMachineArn !== undefined) throw notTogether('stateMachineArn', 'mapRunArn');
    checkMapRunArn(services, mapRunArn);
    return childrenOf(services, mapRunArn);
  }
  if (stateMachineArn === undefined) {
    throw new ApiError('requestInvalid', '', 'Must provide a stateMachineArn or mapRunArn');
  }
  if (redriveFilter !== undefined) throw notTogether('stateMachineArn', 'redriveFilter');
  if (status === 'PENDING_REDRIVE') throw notTogether('stateMachineArn', 'statusFilter PENDING_REDRIVE');
  const selector = workflowSelectorOf(services, stateMachineArn);
  const { id, type } = await findWorkflow(services, selector.name);
  if (type === 'EXPRESS') throw typeNotSupported(stateMachineArn);
  if (selector.qualifier === undefined) return { workflow: id };
  const version = versionOf(selector);
  return version === undefined ? { workflow: id, alias: selector.qualifier } : { workflow: id, version };
}

function notTogether(one: string, other: string): ApiError {
  return new ApiError('requestInvalid', other, `Give ${one} or ${other}, not both.`);
}

const RedriveExecution = action(
  z.object({ executionArn: arn, clientToken: text(1, 64).optional() }),
  async (services, { executionArn, clientToken }) => {
    checkExecutionArn(services, executionArn);
    return { redriveDate: seconds(await redriveExecution(services, { execution: executionArn, clientToken })) };
  },
);

const StopExecution = action(
  z.object({ executionArn: arn, ...failure }),
  async (services, { executionArn, error, cause }) => {
    checkExecutionArn(services, executionArn);
    const stopped = await stopExecution(services, executionArn, {
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    return { stopDate: seconds(stopped) };
  },
);

const GetExecutionHistory = action(
  z.object({
    executionArn: arn,
    maxResults,
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
    nextToken: text(1, 1_024).optional(),
  }),
  async (services, parameters) => {
    checkExecutionArn(services, parameters.executionArn);
    const page = await readHistory(services, parameters.executionArn, {
      limit: parameters.maxResults || DEFAULT_PAGE,
      order: parameters.reverseOrder ? 'desc' : 'asc',
      after: parameters.nextToken,
    });
    const events = page.items.map((event) => ({
      ...(parameters.includeExecutionData ? event : withoutData(event)),
      timestamp: seconds(event.timestamp),
    }));
    return { events, nextToken: page.next };
  },
);

function withoutData(event: HistoryEvent): Readonly<Record<string, unknown>> {
  const fields = Object.entries(event).map(([field, details]): [string, unknown] => {
    if (!isJsonObject(details)) return [field, details];
    const { input: _input, output: _output, ...rest } = details;
    return [field, rest];
  });
  return Object.fromEntries(fields);
}

function typeNotSupported(workflow: string): ApiError {
  return new ApiError('typeNotSupported', workflow, 'Use a state machine of the other type, STANDARD or EXPRESS.');
}

function description(
  services: Services,
  { identity, input: given, status, output, failure: failed, closedAt }: ExecutionState,
  included: 'ALL_DATA' | 'METADATA_ONLY',
): Readonly<Record<string, unknown>> {
  const withData = included === 'ALL_DATA';
  const shownInput = withData ? payloadText(services, given) : undefined;
  const shownOutput = withData && output !== undefined ? payloadText(services, output) : undefined;
  return {
    executionArn: identity.id,
    stateMachineArn: identity.workflow.id,
    mapRunArn: identity.mapRun?.run,
    ...startedAs(identity.workflow.id, identity.workflow),
    name: identity.name,
    status,
    startDate: seconds(identity.startedAt),
    stopDate: closedAt === undefined ? undefined : seconds(closedAt),
    input: shownInput,
    inputDetails: { included: shownInput !== undefined },
    output: shownOutput,
    outputDetails: output === undefined ? undefined : { included: shownOutput !== undefined },
    error: withData ? failed?.error : undefined,
    cause: withData ? failed?.cause : undefined,
    traceHeader: identity.trace?.header ?? xrayHeaderOf(identity.trace?.traceparent),
  };
}

/** The version, and the alias if one chose it. */
function startedAs(
  workflow: string,
  { version, alias }: Pick<ExecutionRow, 'version' | 'alias'>,
): Readonly<Record<string, unknown>> {
  return {
    stateMachineVersionArn: version === undefined ? undefined : qualifiedArn(workflow, version),
    stateMachineAliasArn: alias === undefined ? undefined : qualifiedArn(workflow, alias),
  };
}

function redriving({ clock, policy }: Services, state: ExecutionState): Readonly<Record<string, unknown>> {
  const redrivable = redrivability(state, clock.now(), policy.redrivableMs);
  return {
    ...redriven(state),
    redriveStatus: redrivable.status,
    redriveStatusReason: 'reason' in redrivable ? redrivable.reason : undefined,
  };
}

function redriven({ redriven: times }: Pick<ExecutionRow, 'redriven'>): Readonly<Record<string, unknown>> {
  return { redriveCount: times?.count ?? 0, redriveDate: times === undefined ? undefined : seconds(times.at) };
}

function listItem(row: ExecutionRow): Readonly<Record<string, unknown>> {
  return {
    executionArn: row.execution,
    stateMachineArn: row.workflow,
    mapRunArn: row.mapRun,
    itemCount: row.itemCount,
    ...startedAs(row.workflow, row),
    name: row.name,
    status: row.status,
    startDate: seconds(row.startedAt),
    stopDate: row.closedAt === undefined ? undefined : seconds(row.closedAt),
    ...redriven(row),
  };
}

export const executionActions = {
  StartExecution,
  StartSyncExecution,
  DescribeExecution,
  ListExecutions,
  RedriveExecution,
  StopExecution,
  GetExecutionHistory,
} as const;
