import { createHash } from 'node:crypto';
import {
  childWorkflow,
  executionArn,
  expressArn,
  parseMapRunArn,
  parseStatesArn,
  workflowArn,
} from '../../model/arn.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import type { Json } from '../../model/json.ts';
import {
  type ChildStart,
  MAP_RUN_SERVICE,
  type ReadItems,
  type StartChildren,
  type StopChildren,
  type WriteResults,
} from '../../model/map-run-request.ts';
import type { TaskResource } from '../../model/plan.ts';
import type { ExecutionIdentity, ExecutionState, MapParent, MapRunChild } from '../../model/state.ts';
import type { ChildResult, ItemStorage, PendingChild } from '../../ports/item-storage.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import type { StateManager } from '../../state/state-manager.ts';
import type { ExecutionEngine } from '../engine.ts';
import { closingFact } from '../facts.ts';
import { redriveChild } from './child-redrive.ts';

/** Children started or stopped at the same time. */
const PARALLEL = 50;

interface MapRunParts {
  readonly engine: ExecutionEngine;
  readonly states: StateManager;
  readonly items: ItemStorage;
  /** Whether children run in this process. */
  readonly run: boolean;
  /** For all other tasks. */
  readonly others: TaskInvoker;
}

/**
 * What map runs ask of the outside (see lib/model/map-run-request.ts): reads items, starts and stops children, writes
 * results. A child's name follows from its run and number, so that starting it again finds the one that is there.
 */
export class MapRunTasks implements TaskInvoker {
  readonly #parts: MapRunParts;

  constructor(parts: MapRunParts) {
    this.#parts = parts;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    if (!isMapRunTask(task)) return this.#parts.others.invoke(task, signal);
    const { action } = task.resource;
    // The inputs of these tasks are made by the core, each of the type that belongs to its action.
    const input: unknown = task.input;
    switch (action) {
      case 'readItems': {
        const outcome = await this.#parts.items.readItems((input as ReadItems).source, signal);
        if (outcome.kind === 'failed') return { ...outcome, reason: 'failed' };
        const { items, origins } = outcome;
        return { kind: 'succeeded', output: { items, origins: origins.map(({ uri, count }) => ({ uri, count })) } };
      }
      case 'startChildren':
        return this.#startChildren(task, input as StartChildren, signal);
      case 'writeResults':
        return this.#writeResults(input as WriteResults);
      default:
        throw new Error(`No map run asks for '${action}'.`);
    }
  }

  async cancel(task: TaskAssignment): Promise<void> {
    if (!isMapRunTask(task)) return this.#parts.others.cancel?.(task);
    // Made by the core, see above.
    const { run, executionType, children } = task.input as unknown as StopChildren;
    const { engine } = this.#parts;
    const cause = `Its map run ${run} no longer wants it.`;
    await inTurns(children, async ({ child, redrives }) => {
      const execution = childNames(run, executionType, { child, redrives }).execution;
      // Also one that is being started at this moment finds it.
      await engine.deliver(execution, { type: 'StopExecution', cause, redriveCount: redrives });
    });
  }

  async #startChildren(task: TaskAssignment, request: StartChildren, signal: AbortSignal): Promise<TaskOutcome> {
    await inTurns(request.children, async (child) => {
      if (!signal.aborted) await this.#startChild(task, request, child);
    });
    return { kind: 'succeeded', output: request.children.length };
  }

  async #startChild(task: TaskAssignment, request: StartChildren, start: ChildStart): Promise<void> {
    const { engine, run } = this.#parts;
    const { round, processor, executionType, workflow } = request;
    const { execution, name, workflow: own } = childNames(request.run, executionType, start);
    const { version: _version, alias: _alias, ...revision } = workflow;
    const { execution: waiting, activation } = task;
    const parent: MapParent = { execution: waiting, activation, pattern: 'child', round, child: start.child };
    if (start.redrives > 0 && executionType === 'STANDARD') {
      const { redrives } = start;
      const isThere = await redriveChild(this.#parts, { execution, parent, redrives, revision, processor });
      if (isThere) return;
    }
    const identity: Omit<ExecutionIdentity, 'startedAt'> = {
      id: execution,
      name,
      workflow: { ...revision, ...own, type: executionType },
      parent,
      mapRun: {
        run: request.run,
        processor,
        ...(start.itemCount === undefined ? {} : { itemCount: start.itemCount }),
        ...(start.redrives > 0 ? { redrives: start.redrives } : {}),
      },
    };
    const outcome = await engine.startAs(identity, start.input, { run, trace: task.trace });
    // It was started before a crash, and has closed since: the parent may not have been told.
    if (outcome.kind === 'nameTaken') await this.#tellEnd(execution, parent);
    if (outcome.kind === 'refused')
      throw new Error(`The pipeline looks at no child of a map run, and refuses ${execution}.`);
  }

  /** Tells an execution of children that have closed without its knowing, because the process that was to tell it died. */
  async tellEnds({ identity, activations }: ExecutionState): Promise<void> {
    for (const { id: activation, work } of activations.values()) {
      if (work.kind !== 'mapRun') continue;
      const { run, round, executionType, children } = work;
      const waiting = new Set(work.toLaunch);
      const open = children.flatMap(({ status, redrives }, child) =>
        status === 'RUNNING' && !waiting.has(child) ? [{ child, redrives }] : [],
      );
      await inTurns(open, ({ child, redrives }) => {
        const { execution } = childNames(run, executionType, { child, redrives });
        return this.#tellEnd(execution, { execution: identity.id, activation, pattern: 'child', round, child });
      });
    }
  }

  async #tellEnd(child: string, parent: MapParent): Promise<void> {
    const { engine, states } = this.#parts;
    const there = await states.load(child);
    if (there === undefined || there.state.status === 'RUNNING') return;
    await engine.deposit(parent.execution, closingFact(there.state, parent, engine.now()));
  }

  async #writeResults({ run, executionType, target, children, pending }: WriteResults): Promise<TaskOutcome> {
    const folder = resultsFolder(run);
    const neverStarted = new Set(pending.map(({ child }) => child));
    const results = children.flatMap((child, index) =>
      neverStarted.has(index) ? [] : [resultOf(run, executionType, child, index)],
    );
    const outcome = await this.#parts.items.writeResults(target, {
      mapRun: run,
      folder,
      children: results,
      pending: pending.map(({ child, input }) => pendingOf(run, executionType, child, input)),
    });
    if (outcome.kind === 'failed') return { ...outcome, reason: 'failed' };
    return { kind: 'succeeded', output: outcome.output };
  }
}

function isMapRunTask(task: TaskAssignment): task is TaskAssignment & { readonly resource: ServiceResource } {
  return task.resource.kind === 'service' && task.resource.service === MAP_RUN_SERVICE;
}

type ServiceResource = Extract<TaskResource, { kind: 'service' }>;

interface ChildNames {
  /** ARN. */
  readonly execution: string;
  readonly name: string;
  readonly workflow: { readonly id: string; readonly name: string };
}

/** What a child is called. An express one that is taken up again is another execution. */
export function childNames(
  run: string,
  executionType: 'STANDARD' | 'EXPRESS',
  { child, redrives }: Pick<ChildStart, 'child' | 'redrives'>,
): ChildNames {
  const place = parseMapRunArn(run);
  if (place === undefined) throw new Error(`${run} is not the ARN of a map run.`);
  const parent = parseStatesArn(place.execution)?.name ?? place.workflow;
  const workflow = childWorkflow(parent, place.label);
  const isExpress = executionType === 'EXPRESS';
  const digest = createHash('sha256')
    .update(`${run}\n${child}\n${isExpress ? redrives : 0}`)
    .digest('hex');
  const name = uuidOf(digest);
  const own = { id: workflowArn(place, workflow), name: workflow };
  const execution = isExpress
    ? expressArn(place, workflow, name, uuidOf(digest.slice(32)))
    : executionArn(place, workflow, name);
  return { execution, name, workflow: own };
}

/** Other workflows may have executions of the same name, and write under the same prefix: the whole ARN counts. */
function resultsFolder(run: string): string {
  return uuidOf(createHash('sha256').update(run).digest('hex'));
}

/** 128 bits in the form of a UUID (version 8 of RFC 9562: whatever the application likes). */
function uuidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function pendingOf(run: string, executionType: 'STANDARD' | 'EXPRESS', child: number, input: Json): PendingChild {
  const { execution, name, workflow } = childNames(run, executionType, { child, redrives: 0 });
  return { execution, workflow: workflow.id, name, input };
}

function resultOf(run: string, executionType: 'STANDARD' | 'EXPRESS', child: MapRunChild, index: number): ChildResult {
  const { execution, name, workflow } = childNames(run, executionType, { child: index, redrives: child.redrives });
  const { status, input, output, failure, startedAt, closedAt = startedAt, redrives } = child;
  if (status === 'RUNNING') throw new Error(`The child ${index} of ${run} is still open.`);
  return {
    execution,
    workflow: workflow.id,
    name,
    status,
    input,
    ...(output === undefined ? {} : { output }),
    ...(failure === undefined ? {} : { failure }),
    startedAt,
    closedAt,
    redriveCount: redrives,
  };
}

/** Does the work for every item, some at the same time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
}
