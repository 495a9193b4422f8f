import type * as z from 'zod';
import type { Activity } from '../../execution/activities.ts';
import type { Alias } from '../../execution/aliases.ts';
import type { OutsideTask } from '../../execution/outside-work.ts';
import type { Version } from '../../execution/versions.ts';
import type { Workflow } from '../../execution/workflows.ts';
import { parseStatesArn, qualifiedArn } from '../../model/arn.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Redrivability } from '../../model/redrive.ts';
import type { ExecutionState, ExecutionStatus } from '../../model/state.ts';
import { workItemArguments } from '../../model/work-item.ts';
import type { PatternId } from '../../patterns/index.ts';
import type { ExecutionCounts, ExecutionRow, Page } from '../../ports/execution-index.ts';
import type { HistoryEvent } from '../../state/history/history-event.ts';
import type { OpenWork } from '../use-cases/open-work.ts';
import type { Changes, StateAt } from '../use-cases/past.ts';
import { settingsOf, tagsOf } from '../use-cases/settings.ts';
import type { DescribedVersion } from '../use-cases/versions.ts';
import type { DefinedWorkflow } from '../use-cases/workflows.ts';
import type * as pastSchemas from './past-schemas.ts';
import * as schemas from './schemas.ts';
import type * as searchSchemas from './search-schemas.ts';
import type * as workSchemas from './work-item-schemas.ts';

/** What the REST face shows of the engine's values. */

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function workflowSummary(workflow: Workflow): z.output<typeof schemas.workflowSummary> {
  const { name, id, type, createdAt, revision, revisedAt } = workflow;
  return { name, arn: id, type, createdAt: isoTime(createdAt), revision, revisedAt: isoTime(revisedAt) };
}

export function workflow(
  { workflow: shown, definition }: DefinedWorkflow,
  patterns: readonly PatternId[],
): z.output<typeof schemas.workflow> {
  return {
    ...workflowSummary(shown),
    roleArn: shown.roleArn,
    tracing: settingsOf(shown).tracing?.enabled ?? false,
    tags: Object.fromEntries(tagsOf(shown.settings).map(({ key, value }) => [key, value])),
    patterns: [...patterns],
    definition: asObject(definition),
  };
}

export function version(workflow: string, shown: Version): z.output<typeof schemas.version> {
  const { number, revision, description, createdAt } = shown;
  return {
    version: number,
    arn: qualifiedArn(workflow, number),
    revision,
    ...(description === undefined ? {} : { description }),
    createdAt: isoTime(createdAt),
  };
}

export function definedVersion(described: DescribedVersion): z.output<typeof schemas.definedVersion> {
  const { roleArn, definition } = described.revision;
  return { ...version(described.workflow.id, described.version), roleArn, definition: asObject(definition) };
}

export function alias(workflow: string, shown: Alias): z.output<typeof schemas.alias> {
  const { name, description, routes, createdAt, updatedAt } = shown;
  return {
    name,
    arn: qualifiedArn(workflow, name),
    ...(description === undefined ? {} : { description }),
    routes: routes.map((route) => ({ ...route })),
    createdAt: isoTime(createdAt),
    updatedAt: isoTime(updatedAt),
  };
}

/** Definitions are objects: what is not is refused before it is stored. */
function asObject(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}

export function executionRow(row: ExecutionRow): z.output<typeof schemas.executionSummary> {
  return {
    ...identified(row.execution, row.workflow),
    name: row.name,
    ...startedAs(row),
    status: row.status,
    startedAt: isoTime(row.startedAt),
    ...(row.closedAt === undefined ? {} : { closedAt: isoTime(row.closedAt) }),
    ...redriven(row),
    ...(row.suspendedAt === undefined ? {} : { suspendedAt: isoTime(row.suspendedAt) }),
    ...foundBy(row),
  };
}

function foundBy({ search = {} }: Pick<ExecutionRow, 'search'>) {
  const { businessKey, tags, attributes } = search;
  return {
    ...(businessKey === undefined ? {} : { businessKey }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
  };
}

export function counts({ byStatus, isComplete }: ExecutionCounts): z.output<typeof searchSchemas.counts> {
  const all = Object.fromEntries(schemas.status.options.map((name) => [name, byStatus[name] ?? 0]));
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  // The options are all there are.
  return { total, byStatus: all as Record<ExecutionStatus, number>, isComplete };
}

function redriven({ redriven: times }: Pick<ExecutionRow, 'redriven'>) {
  return { redriveCount: times?.count ?? 0, ...(times === undefined ? {} : { redrivenAt: isoTime(times.at) }) };
}

export function execution(
  state: ExecutionState,
  patterns: readonly PatternId[],
  redrivable: Redrivability,
): z.output<typeof schemas.execution> {
  const { identity, status, input, output, failure, closedAt } = state;
  return {
    ...identified(identity.id, identity.workflow.id),
    name: identity.name,
    ...startedAs(identity.workflow),
    revision: identity.workflow.revision,
    patterns: [...patterns],
    status,
    startedAt: isoTime(identity.startedAt),
    ...(closedAt === undefined ? {} : { closedAt: isoTime(closedAt) }),
    input,
    ...(output === undefined ? {} : { output }),
    ...(failure?.error === undefined ? {} : { error: failure.error }),
    ...(failure?.cause === undefined ? {} : { cause: failure.cause }),
    ...redriven(state),
    redriveStatus: redrivable.status,
    ...('reason' in redrivable ? { redriveStatusReason: redrivable.reason } : {}),
    ...suspension(state),
    ...foundBy(state),
  };
}

function suspension({ suspended }: ExecutionState) {
  if (suspended === undefined) return {};
  const { at, reason } = suspended;
  return { suspendedAt: isoTime(at), ...(reason === undefined ? {} : { suspendReason: reason }) };
}

function startedAs({
  version,
  alias,
}: Pick<ExecutionRow, 'version' | 'alias'>): Pick<ExecutionRow, 'version' | 'alias'> {
  return { ...(version === undefined ? {} : { version }), ...(alias === undefined ? {} : { alias }) };
}

/** `arn:aws:states:<region>:<account>:execution:<workflow>` stands before an execution's id. */
const PARTS_BEFORE_ID = 7;

function identified(
  arn: string,
  workflowArn: string,
): { readonly id: string; readonly workflow: string; readonly arn: string } {
  const id = arn.split(':').slice(PARTS_BEFORE_ID).join(':');
  return { id, workflow: parseStatesArn(workflowArn)?.name ?? workflowArn, arn };
}

export function historyEvent({ timestamp, ...event }: HistoryEvent): z.output<typeof schemas.historyEvent> {
  return { ...event, timestamp: isoTime(timestamp) };
}

export function activity({ name, id, createdAt }: Activity): z.output<typeof schemas.activity> {
  return { name, arn: id, createdAt: isoTime(createdAt) };
}

export function workItem(task: OutsideTask): z.output<typeof workSchemas.workItem> {
  const { token, kind, status, state, within, input, worker, offeredAt, startedAt, timeoutAt } = task;
  const { id: execution, workflow } = identified(
    task.execution,
    task.execution.replace(/:(execution|express):/, ':stateMachine:'),
  );
  const { assignee, candidates, wanted } = task.staffing ?? {};
  const { escalated } = task;
  const { Title, Role, Payload } = kind === 'workItem' ? workItemArguments(input) : { Payload: input };
  return {
    ...{ id: token, kind, status, workflow, execution, state },
    ...(within === undefined ? {} : { within }),
    ...(Title === undefined ? {} : { title: Title }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(candidates === undefined ? {} : { candidates: [...candidates] }),
    ...(Role === undefined ? {} : { role: Role }),
    ...(wanted === undefined ? {} : { unallocated: true }),
    ...(escalated === undefined ? {} : { escalated: { step: escalated.step, at: isoTime(escalated.at) } }),
    ...(Payload === undefined ? {} : { payload: Payload }),
    ...(worker === undefined ? {} : { worker }),
    offeredAt: isoTime(offeredAt),
    ...(startedAt === undefined ? {} : { startedAt: isoTime(startedAt) }),
    ...(timeoutAt === undefined ? {} : { timeoutAt: isoTime(timeoutAt) }),
  };
}

export function openWork(open: OpenWork): z.output<typeof workSchemas.openWork> {
  const { states, tasks, waiting, places, events, permits } = open;
  const due = (dueAt: number | undefined) => (dueAt === undefined ? {} : { dueAt: isoTime(dueAt) });
  return {
    states: states.map(({ enteredAt, dueAt, ...rest }) => ({ ...rest, enteredAt: isoTime(enteredAt), ...due(dueAt) })),
    tasks: tasks.map(workItem),
    waiting: waiting.map(({ dueAt, from, occupiedBy, ...rest }) => ({
      ...rest,
      from: [...from],
      ...(occupiedBy === undefined ? {} : { occupiedBy: [...occupiedBy] }),
      ...due(dueAt),
    })),
    places: places.map((place) => ({ ...place })),
    events: events.map(({ id, name, at }) => ({ id, name, at: isoTime(at) })),
    permits: permits.map(({ pools, since, ...who }) => ({ ...who, pools: [...pools], since: isoTime(since) })),
  };
}

export function stateAt(shown: StateAt): z.output<typeof pastSchemas.stateAt> {
  const { state, commit, at, open, variables, changes } = shown;
  const { status, identity, input, output, failure, historyLength } = state;
  return {
    ...{ at: isoTime(at), commit, event: historyLength, status, revision: identity.workflow.revision, input },
    ...(output === undefined ? {} : { output }),
    ...failure,
    variables: variables.map((one) => ({ ...one, values: { ...one.values } })),
    open: openWork(open),
    ...(changes === undefined ? {} : { changes: changesSince(changes) }),
  };
}

function changesSince({ from, entered, left, variables }: Changes) {
  return {
    from: { ...from, at: isoTime(from.at) },
    entered: [...entered],
    left: [...left],
    variables: [...variables],
  };
}

export function page<T, V>(
  { items, next }: Page<T>,
  view: (item: T) => V,
): { readonly items: V[]; readonly next?: string } {
  return { items: items.map(view), ...(next === undefined ? {} : { next }) };
}
