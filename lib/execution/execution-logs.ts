import { definingWorkflow, parseStatesArn } from '../model/arn.ts';
import { isJsonArray, isJsonObject } from '../model/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogDelivery, LogDestination, LogEntry } from '../ports/execution-log.ts';
import { type CommitSource, HistoryReader } from '../state/history/history-reader.ts';
import { isLogged, type LogLevel, logMessage } from '../state/history/log-event.ts';
import type { Workflow, WorkflowSettings } from './workflows.ts';

export interface ExecutionLogsParts {
  readonly states: CommitSource;
  readonly workflows: { find(name: string): Promise<Workflow | undefined> };
  readonly delivery: LogDelivery;
  readonly clock: Clock;
  /** How long a workflow's configuration is taken to be what it was, ms. */
  readonly freshForMs: number;
}

export interface LogConfiguration {
  readonly level: LogLevel;
  readonly includeData: boolean;
  /** ARN of a log group. */
  readonly group: string;
}

/** Commits of one execution. */
export interface CommitRange {
  readonly from: number;
  readonly to: number;
}

/** Where the log of an execution stands: what was delivered begins at commit `from`, and ends before the reader's next. */
interface Cursor {
  readonly reader: HistoryReader;
  readonly from: number;
  redriveCount: number;
}

/** Executions of which it is kept how far they have been logged: each holds some of its state. */
const MAX_CURSORS = 500;
const MAX_CONFIGURATIONS = 10_000;
/** Delivered at a time. */
const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 1_000_000;

/**
 * Writes the histories of executions to the logs that their workflows name, in the order of their events and at least
 * once. Numbers in a history follow from all events before, so a log is read from its start once, and then goes on from
 * where it stands. Children of map runs are logged as their workflow says.
 */
export class ExecutionLogs {
  readonly #parts: ExecutionLogsParts;
  /** Least recently used first. */
  readonly #cursors = new Map<string, Cursor>();
  readonly #configurations = new Map<string, { readonly until: number; readonly is: LogConfiguration | undefined }>();
  /** Many executions of a workflow want to know at once. */
  readonly #asking = new Map<string, Promise<LogConfiguration | undefined>>();

  constructor(parts: ExecutionLogsParts) {
    this.#parts = parts;
  }

  /** True if the execution's workflow is known to log nothing; false if it logs, or if that has to be asked for. */
  isKnownOff(execution: string): boolean {
    const known = this.#configurations.get(workflowOf(execution));
    return known !== undefined && known.is === undefined && this.#parts.clock.now() < known.until;
  }

  /**
   * Logs what these commits say, and with it what came between them and the ones that were logged here before; nothing
   * if all of that was logged here before. Not for the same execution twice at a time. Rejects as `LogDelivery.deliver`
   * and the store do; a part may have been delivered then.
   */
  async deliver(execution: string, range: CommitRange): Promise<void> {
    const workflow = workflowOf(execution);
    const configuration = await this.#configuration(workflow);
    if (configuration === undefined) return;
    const cursor = this.#cursor(execution, range);
    const batch = new Batch(this.#parts.delivery, { group: configuration.group, workflow });
    let ended = false;
    for (;;) {
      const event = await cursor.reader.next(range.to);
      if (event === undefined) break;
      if (event.type === 'ExecutionRedriven') cursor.redriveCount += 1;
      ended = ENDS.has(event.type);
      if (cursor.reader.nextCommit <= cursor.from || !isLogged(event.type, configuration.level)) continue;
      const { includeData } = configuration;
      const message = logMessage(event, { execution, redriveCount: cursor.redriveCount, includeData });
      await batch.add({ timestamp: event.timestamp, message });
    }
    await batch.send();
    if (!ended) this.#keep(execution, cursor);
  }

  #cursor(execution: string, { from }: CommitRange): Cursor {
    const known = this.#cursors.get(execution);
    // Put back when all has been delivered: after a failure it says more than is true.
    this.#cursors.delete(execution);
    if (known !== undefined && known.from <= from) return known;
    return { reader: new HistoryReader(this.#parts.states, execution), from, redriveCount: 0 };
  }

  #keep(execution: string, cursor: Cursor): void {
    this.#cursors.set(execution, cursor);
    const [oldest] = this.#cursors.keys();
    if (this.#cursors.size > MAX_CURSORS && oldest !== undefined) this.#cursors.delete(oldest);
  }

  async #configuration(workflow: string): Promise<LogConfiguration | undefined> {
    const known = this.#configurations.get(workflow);
    if (known !== undefined && this.#parts.clock.now() < known.until) return known.is;
    const asking = this.#asking.get(workflow) ?? this.#ask(workflow);
    this.#asking.set(workflow, asking);
    try {
      return await asking;
    } finally {
      this.#asking.delete(workflow);
    }
  }

  async #ask(workflow: string): Promise<LogConfiguration | undefined> {
    const { clock, workflows, freshForMs } = this.#parts;
    const found = await workflows.find(workflow);
    const is = found === undefined ? undefined : logConfiguration(found.settings);
    if (this.#configurations.size >= MAX_CONFIGURATIONS) this.#configurations.clear();
    this.#configurations.set(workflow, { until: clock.now() + freshForMs, is });
    return is;
  }
}

const ENDS: ReadonlySet<string> = new Set([
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionTimedOut',
  'ExecutionAborted',
]);

/** What a workflow's settings say about logging; `undefined`: there is none. */
export function logConfiguration({ logging }: WorkflowSettings): LogConfiguration | undefined {
  if (!isJsonObject(logging)) return undefined;
  const { level, includeExecutionData, destinations } = logging;
  const [group] = destinations !== undefined && isJsonArray(destinations) ? destinations : [];
  if (level !== 'ALL' && level !== 'ERROR' && level !== 'FATAL') return undefined;
  return typeof group === 'string' ? { level, includeData: includeExecutionData === true, group } : undefined;
}

function workflowOf(execution: string): string {
  return definingWorkflow(parseStatesArn(execution)?.name ?? '');
}

/** Entries on their way to a log, a bounded number at a time. */
class Batch {
  readonly #delivery: LogDelivery;
  readonly #destination: LogDestination;
  #entries: LogEntry[] = [];
  #characters = 0;

  constructor(delivery: LogDelivery, destination: LogDestination) {
    this.#delivery = delivery;
    this.#destination = destination;
  }

  async add(entry: LogEntry): Promise<void> {
    this.#entries.push(entry);
    this.#characters += entry.message.length;
    if (this.#entries.length >= MAX_ENTRIES || this.#characters >= MAX_CHARACTERS) await this.send();
  }

  async send(): Promise<void> {
    const entries = this.#entries;
    this.#entries = [];
    this.#characters = 0;
    if (entries.length > 0) await this.#delivery.deliver(this.#destination, entries);
  }
}
