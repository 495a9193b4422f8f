import { CorruptLog } from '../model/errors.ts';
import type { ExecutionEvent } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import { definitionAfter } from '../model/migrate.ts';
import type { Plan } from '../model/plan.ts';
import type { ActivationId, ExecutionState, MapRunWork } from '../model/state.ts';
import type { CommitSource } from './history/history-reader.ts';

export type MapRunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

/** A run of a distributed Map, as the log of its execution has it. */
export interface MapRunReport {
  /** ARN. */
  readonly run: string;
  readonly status: MapRunStatus;
  /** Its last state: items, children, limits. */
  readonly work: MapRunWork;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly stoppedAt?: number;
}

interface Entry {
  readonly run: string;
  readonly activation: ActivationId;
  readonly startedAt: number;
  work: MapRunWork;
  status: MapRunStatus;
  stoppedAt?: number;
}

/**
 * The map runs of an execution, in the order of their start; from its whole log, since of a run that has ended the state
 * of the execution has nothing but its result.
 */
export async function readMapRuns(source: CommitSource, execution: string): Promise<readonly MapRunReport[]> {
  const runs = new MapRunFold();
  let plan: Plan | undefined;
  for (let next = 0; ; ) {
    const page = await source.events(execution, next);
    const last = page.at(-1);
    if (last === undefined) return runs.entries;
    next = last.number + 1;
    for (const { events } of page) {
      for (const event of events) {
        if (event.type === 'ExecutionStarted') plan = await source.plan(event.identity.workflow);
        if (plan === undefined) throw new CorruptLog(`The log of ${execution} does not begin with ExecutionStarted.`);
        const { identity } = runs.push(plan, event);
        if (definitionAfter(event) !== undefined) {
          plan = await source.plan(identity.workflow);
        }
      }
    }
  }
}

class MapRunFold {
  readonly #runs = new Map<string, Entry>();
  #state: ExecutionState | undefined;

  get entries(): readonly MapRunReport[] {
    return [...this.#runs.values()];
  }

  push(plan: Plan, event: ExecutionEvent): ExecutionState {
    const state = evolve(plan, this.#state, event);
    this.#state = state;
    if (event.type === 'MapRunStarted') this.#open(state, event.id, event.at);
    if (event.type === 'ExecutionRedriven') for (const id of state.activations.keys()) this.#open(state, id, event.at);
    for (const entry of this.#runs.values()) if (entry.status === 'RUNNING') follow(entry, state, event);
    return state;
  }

  /** Begins a run, or takes it up again. */
  #open(state: ExecutionState, activation: ActivationId, at: number): void {
    const work = state.activations.get(activation)?.work;
    if (work?.kind !== 'mapRun') return;
    const startedAt = this.#runs.get(work.run)?.startedAt ?? at;
    this.#runs.set(work.run, { run: work.run, activation, startedAt, work, status: 'RUNNING' });
  }
}

function follow(entry: Entry, state: ExecutionState, event: ExecutionEvent): void {
  const work = state.activations.get(entry.activation)?.work;
  if (work?.kind === 'mapRun' && work.run === entry.run) {
    entry.work = work;
    return;
  }
  entry.status = statusAfter(entry, event);
  entry.stoppedAt = event.at;
}

/** A run that does not end by itself was given up with what is around it. */
function statusAfter({ activation }: Entry, event: ExecutionEvent): Exclude<MapRunStatus, 'RUNNING'> {
  switch (event.type) {
    case 'BranchesSucceeded':
      return event.id === activation ? 'SUCCEEDED' : 'ABORTED';
    case 'BranchesFailed':
    case 'RetryScheduled':
      return event.id === activation ? 'FAILED' : 'ABORTED';
    default:
      return 'ABORTED';
  }
}

/** How many items or children there are of each kind, in the words of Step Functions. */
export interface MapRunCounts {
  readonly pending: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly aborted: number;
  readonly total: number;
  readonly resultsWritten: number;
  /** Failed, and redriving the execution would not change that. */
  readonly failuresNotRedrivable: number;
  /** To be redriven, and not taken up yet. */
  readonly pendingRedrive: number;
}

type Counters = { -readonly [K in keyof MapRunCounts]: number };

export function countMapRun({ work, status }: MapRunReport): {
  readonly items: MapRunCounts;
  readonly executions: MapRunCounts;
} {
  const [items, executions] = [noneYet(), noneYet()];
  const waiting = new Set(work.toLaunch);
  const isExported = work.written !== undefined && work.target?.resource !== undefined;
  work.children.forEach((child, index) => {
    const kind = kindOf(child.status, status, waiting.has(index), child.redrives);
    for (const [counts, amount] of [
      [items, child.count],
      [executions, 1],
    ] as const) {
      counts[kind] += amount;
      counts.total += amount;
      if (isExported) counts.resultsWritten += amount;
    }
  });
  const left = (work.items?.values.length ?? 0) - work.nextItem;
  items.pending += left;
  items.total += left;
  return { items, executions };
}

type ChildKind = 'pending' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted' | 'pendingRedrive';

function kindOf(child: ExecutionState['status'], run: MapRunStatus, isWaiting: boolean, redrives: number): ChildKind {
  switch (child) {
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    case 'TIMED_OUT':
      return 'timedOut';
    case 'ABORTED':
      return 'aborted';
    case 'RUNNING':
      // What a run leaves behind when it is given up is told to stop.
      if (run !== 'RUNNING') return 'aborted';
      if (isWaiting) return redrives > 0 ? 'pendingRedrive' : 'pending';
      return 'running';
  }
}

function noneYet(): Counters {
  return {
    pending: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
    total: 0,
    resultsWritten: 0,
    failuresNotRedrivable: 0,
    pendingRedrive: 0,
  };
}
