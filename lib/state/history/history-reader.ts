import { CorruptLog } from '../../model/errors.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { definitionAfter } from '../../model/migrate.ts';
import type { Plan } from '../../model/plan.ts';
import type { WorkflowRef } from '../../model/state.ts';
import { History } from './history.ts';
import type { HistoryEvent } from './history-event.ts';

/** Commits in order, from a number on: what a reader needs of the StateManager. */
export interface CommitSource {
  events(execution: string, from: number, limit?: number): Promise<readonly LoggedCommit[]>;
  /** The compiled definition of a workflow's revision. */
  plan(workflow: WorkflowRef): Promise<Plan>;
}

interface LoggedCommit {
  readonly number: number;
  readonly events: readonly ExecutionEvent[];
  /** The payloads of its events are erased: without them there is no history. */
  readonly payloads?: string;
}

/**
 * Reads the history of one execution from its log, event by event. A number and a predecessor follow from all events
 * before, so reading begins at the first; a reader that is kept goes on where it stands, also in what was written since.
 */
export class HistoryReader {
  readonly execution: string;
  readonly #source: CommitSource;
  #history: History | undefined;
  #workflow: WorkflowRef | undefined;
  #commits: LoggedCommit[] = [];
  #nextCommit = 0;
  #pending: HistoryEvent[] = [];
  #position = 0;

  constructor(source: CommitSource, execution: string) {
    this.execution = execution;
    this.#source = source;
  }

  /** Number of the event read last; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  /** Number of the next commit to be read, once the events of the one before it have been. */
  get nextCommit(): number {
    return this.#nextCommit;
  }

  /** `undefined`: the log has no more yet, or none in the commits up to number `last`. */
  async next(last: number = Number.POSITIVE_INFINITY): Promise<HistoryEvent | undefined> {
    while (this.#pending.length === 0) if (this.#nextCommit > last || !(await this.#readCommit())) return undefined;
    const event = this.#pending.shift();
    if (event !== undefined) this.#position = event.id;
    return event;
  }

  /** Gives back the event read last. */
  putBack(event: HistoryEvent): void {
    this.#pending.unshift(event);
    this.#position = event.id - 1;
  }

  async #readCommit(): Promise<boolean> {
    if (this.#commits.length === 0) this.#commits = [...(await this.#source.events(this.execution, this.#nextCommit))];
    const commit = this.#commits.shift();
    if (commit === undefined || commit.payloads !== undefined) return false;
    this.#nextCommit = commit.number + 1;
    for (const event of commit.events) this.#pending.push(...(await this.#read(event)));
    return true;
  }

  /** A log is read by the definition that the execution was started with, and from a redrive on by the one named there. */
  async #read(event: ExecutionEvent): Promise<readonly HistoryEvent[]> {
    if (event.type === 'ExecutionStarted') {
      this.#workflow = event.identity.workflow;
      this.#history = new History(await this.#source.plan(this.#workflow));
    }
    if (this.#history === undefined || this.#workflow === undefined)
      throw new CorruptLog(`The log of ${this.execution} does not begin with ExecutionStarted.`);
    const shown = this.#history.push(event);
    const definition = definitionAfter(event);
    if (definition !== undefined) {
      this.#workflow = { ...this.#workflow, ...definition };
      this.#history.follow(await this.#source.plan(this.#workflow));
    }
    return shown;
  }
}

/** Readers that stand at the end of a page which was handed out: the next page goes on from there. */
export class HistoryReaders {
  readonly #source: CommitSource;
  /** Least recently used first. */
  readonly #kept = new Map<string, HistoryReader>();

  constructor(source: CommitSource) {
    this.#source = source;
  }

  /** A reader for this caller alone, whose next event is the one after `position`, if there is one. */
  async take(execution: string, position: number): Promise<HistoryReader> {
    const key = keyOf(execution, position);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    if (kept !== undefined) return kept;
    const reader = new HistoryReader(this.#source, execution);
    while (reader.position < position && (await reader.next()) !== undefined);
    return reader;
  }

  forget(execution: string): void {
    for (const [key, reader] of this.#kept) if (reader.execution === execution) this.#kept.delete(key);
  }

  keep(reader: HistoryReader): void {
    this.#kept.set(keyOf(reader.execution, reader.position), reader);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** Each holds the state of its execution. */
const MAX_KEPT = 8;

function keyOf(execution: string, position: number): string {
  return `${execution}#${position}`;
}
