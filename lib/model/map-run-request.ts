import type { InvokeTask, TaskAssignment } from './effect.ts';
import type { Json } from './json.ts';
import type { ItemSource, MapPlan, ResultTarget, TaskResource } from './plan.ts';
import type { Activation, ExecutionState, MapRunChild, MapRunWork, WorkflowRef } from './state.ts';

/**
 * What a map run asks of the outside, one request at a time: read the items, start children, write the results. A
 * request is a task of the engine's own, numbered within its activation, so that whatever goes for tasks (leases,
 * lost answers, repetition after a crash) goes for it too.
 */
export type MapRunRequest =
  | { readonly action: 'readItems' }
  | { readonly action: 'startChildren'; readonly children: readonly number[] }
  | { readonly action: 'writeResults' };

/** Input of the task `startChildren`. */
export interface StartChildren {
  readonly run: string;
  readonly round: number;
  readonly processor: number;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly workflow: WorkflowRef;
  readonly children: readonly ChildStart[];
}

export interface ChildStart {
  readonly child: number;
  readonly input: Json;
  /** Items in it, where they are batched. */
  readonly itemCount?: number;
  /** How often it is taken up again: it was started before. */
  readonly redrives: number;
}

/** Input of the task `stopChildren`, which is only ever cancelled. */
export interface StopChildren {
  readonly run: string;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly children: readonly Pick<ChildStart, 'child' | 'redrives'>[];
}

/** Input of the task `readItems`. */
export interface ReadItems {
  readonly source: ItemSource;
}

/** Input of the task `writeResults`. */
export interface WriteResults {
  readonly run: string;
  readonly executionType: 'STANDARD' | 'EXPRESS';
  readonly target: ResultTarget;
  readonly children: readonly MapRunChild[];
  /** Of a run that fails: which of the children, and which that would have come after them, were never started. */
  readonly pending: readonly Pick<ChildStart, 'child' | 'input'>[];
}

/** Children started by one request at most. */
const CHILDREN_PER_REQUEST = 1_000;
/** Children at the same time where a definition sets no limit: as many as on Step Functions. */
const MOST_CHILDREN = 10_000;
/** Requests of one round are numbered from here, times the round: no two of an activation have the same number. */
const REQUESTS_PER_ROUND = 1_000_000;

/** `undefined`: the run waits for its children only. */
export function mapRunRequest(work: MapRunWork): MapRunRequest | undefined {
  if (work.failing !== undefined) return work.written === undefined ? { action: 'writeResults' } : undefined;
  if (work.items === undefined) return { action: 'readItems' };
  if (work.toLaunch.length > 0) {
    // After a redrive there may be more to launch than may run at a time.
    const room = concurrencyOf(work) - (work.running - work.toLaunch.length);
    if (room <= 0) return undefined;
    return { action: 'startChildren', children: work.toLaunch.slice(0, Math.min(room, CHILDREN_PER_REQUEST)) };
  }
  const isThrough = work.running === 0 && work.nextItem >= work.items.values.length;
  return isThrough && work.written === undefined && needsWriter(work) ? { action: 'writeResults' } : undefined;
}

/** What stands for a child that failed has its ARN, which only the outside can tell. */
function needsWriter({ target, failedItems }: MapRunWork): boolean {
  return target !== undefined || failedItems > 0;
}

/** What holds without a `ResultWriter`, as on Step Functions: the outputs, and of children that failed all there is to say. */
const IN_WORKFLOW: ResultTarget = { arguments: {}, transformation: 'COMPACT', outputType: 'JSON' };

/** How many children may be open at a time. */
export function concurrencyOf({ maxConcurrency }: MapRunWork): number {
  return maxConcurrency === 0 ? MOST_CHILDREN : Math.min(maxConcurrency, MOST_CHILDREN);
}

/** The number of the request that waits for its answer; `undefined`: none does. */
export function requestNumber(work: MapRunWork): number | undefined {
  return mapRunRequest(work) === undefined ? undefined : work.round * REQUESTS_PER_ROUND + work.answered + 1;
}

/** The effect that the request calls for, if there is one. */
export function requestEffect(state: ExecutionState, active: Activation, plan: MapPlan): InvokeTask | undefined {
  const { work } = active;
  if (work.kind !== 'mapRun') return undefined;
  const request = mapRunRequest(work);
  const attempt = requestNumber(work);
  if (request === undefined || attempt === undefined) return undefined;
  const input = requestInput(state, work, plan, request);
  return { type: 'InvokeTask', task: engineTask(state, active, request.action, attempt, input), idempotent: false };
}

function requestInput(state: ExecutionState, work: MapRunWork, plan: MapPlan, request: MapRunRequest): object {
  const { run, round, executionType, source, target = IN_WORKFLOW, children } = work;
  switch (request.action) {
    case 'readItems':
      return { run, source };
    case 'writeResults':
      return { run, executionType, target, children, pending: neverStarted(work) } satisfies WriteResults;
    case 'startChildren': {
      const starts = request.children.flatMap((child): ChildStart[] => {
        const found = children[child];
        if (found === undefined) return [];
        const itemCount = work.batches === undefined ? {} : { itemCount: found.count };
        return [{ child, input: found.input, redrives: found.redrives, ...itemCount }];
      });
      const { workflow } = state.identity;
      return {
        run,
        round,
        processor: plan.processor,
        executionType,
        workflow,
        children: starts,
      } satisfies StartChildren;
    }
  }
}

/** Children that are known and did not start, and the items behind them, each as the child it would have been. */
function neverStarted({ failing, children, items, nextItem }: MapRunWork): WriteResults['pending'] {
  if (failing === undefined) return [];
  const known = failing.pending.map((child) => ({ child, input: children[child]?.input ?? null }));
  const left = items?.values.slice(nextItem) ?? [];
  return [...known, ...left.map((input, index) => ({ child: children.length + index, input }))];
}

/** The task whose cancellation stops the children that are open; `undefined`: none is. */
export function stopChildren(state: ExecutionState, active: Activation): TaskAssignment | undefined {
  const { work } = active;
  if (work.kind !== 'mapRun' || work.running === 0) return undefined;
  const children = work.children.flatMap(({ status, redrives }, child) =>
    status === 'RUNNING' ? [{ child, redrives }] : [],
  );
  const { run, executionType } = work;
  const input: StopChildren = { run, executionType, children };
  // The number of the request under way, whose answer nobody wants any more.
  return engineTask(state, active, 'stopChildren', requestNumber(work) ?? work.round * REQUESTS_PER_ROUND, input);
}

function engineTask(
  state: ExecutionState,
  active: Activation,
  action: MapRunRequest['action'] | 'stopChildren',
  attempt: number,
  input: object,
): TaskAssignment {
  return {
    execution: state.identity.id,
    activation: active.id,
    attempt,
    state: active.state,
    idempotencyKey: `${state.identity.id}#${active.id}.${attempt}`,
    resource: resourceOf(action),
    // Made of JSON values only.
    input: input as Json,
    scheduledAt: active.enteredAt,
    workflowRoleArn: state.identity.workflow.roleArn,
  };
}

function resourceOf(action: string): TaskResource {
  const arn = `arn:aws:states:::knhk:${action}`;
  return { kind: 'service', arn, service: MAP_RUN_SERVICE, action, pattern: 'requestResponse' };
}

/** No definition can name it: the service of the engine's own tasks. */
export const MAP_RUN_SERVICE = 'knhk:mapRun';
