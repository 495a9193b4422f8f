import type { Json, JsonObject } from '../../model/json.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import type { HistoryEvent } from '../../state/history/history-event.ts';
import type { Coverage } from './coverage.ts';
import { type Difference, describe } from './difference.ts';
import { check, type Expectation } from './expectation.ts';
import { variablesOf } from './tracer.ts';
import type { Call, Visit } from './visit.ts';

/** An execution other than the one under test, which that one led to. */
export interface ChildRun {
  /** ARN. */
  readonly execution: string;
  readonly workflow: string;
  readonly status: ExecutionStatus;
  readonly input: Json;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

export interface TestRunContent {
  readonly execution: ChildRun;
  /** Simulated seconds. */
  readonly elapsedSeconds: number;
  readonly visits: readonly Visit[];
  readonly children: readonly ChildRun[];
  readonly history: readonly HistoryEvent[];
  readonly coverage: Coverage;
  readonly written: Readonly<Record<string, string>>;
}

/** What an execution under test did. */
export class TestRun {
  /** `RUNNING`: something is waited for that never comes, see `waitsIn`. */
  readonly status: ExecutionStatus;
  /** Of an execution that succeeded. */
  readonly output: Json | undefined;
  /** Of an execution that did not. */
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** ARN of the execution. */
  readonly execution: string;
  /** Simulated seconds from the start to the end. */
  readonly elapsedSeconds: number;
  /** Names of all states of this workflow in the order in which they were entered, those of branches, items and map runs included. */
  readonly path: readonly string[];
  /** The workflow variables of the top level at the end. */
  readonly variables: JsonObject;
  /** The events as `GetExecutionHistory` would show them. */
  readonly history: readonly HistoryEvent[];
  /** Executions that this one started, and those of map runs, in the order of their start. */
  readonly children: readonly ChildRun[];
  readonly coverage: Coverage;
  /** Objects that maps wrote, as text, by bucket and key. */
  readonly written: Readonly<Record<string, string>>;
  readonly #visits: readonly Visit[];

  constructor({ execution, elapsedSeconds, visits, children, history, coverage, written }: TestRunContent) {
    this.status = execution.status;
    this.output = execution.output;
    this.error = execution.error;
    this.cause = execution.cause;
    this.execution = execution.execution;
    this.elapsedSeconds = elapsedSeconds;
    this.path = visits.filter(({ workflow }) => workflow === execution.workflow).map(({ state }) => state);
    this.variables = variablesOf(visits, execution.execution);
    this.history = history;
    this.children = children;
    this.coverage = coverage;
    this.written = written;
    this.#visits = visits;
  }

  /** Visits to the state of that name (or all), also in children, in the order of entering. */
  visits(state?: string): readonly Visit[] {
    return state === undefined ? this.#visits : this.#visits.filter((visit) => visit.state === state);
  }

  /** Calls of the state's task (or of all), in the order in which they were made; retries are calls of their own. */
  calls(state?: string): readonly Call[] {
    const calls = this.visits(state).flatMap((visit) => visit.calls);
    return [...calls].sort((a, b) => a.at - b.at);
  }

  /** Names of states that were entered and not left, because what they wait for never comes. */
  get waitsIn(): readonly string[] {
    return this.#visits.filter(({ end }) => end === 'open').map(({ state }) => state);
  }

  /** Where the run is not as expected; empty if it is. */
  check(expected: Expectation): readonly Difference[] {
    return check(this, expected);
  }

  /** @throws ExpectationFailed that lists every difference. */
  expect(expected: Expectation): void {
    const found = this.check(expected);
    if (found.length === 0) return;
    const failed = new ExpectationFailed(this, found);
    // The line to look at is the one that expects.
    Error.captureStackTrace(failed, this.expect);
    throw failed;
  }

  /** One line about how it ended. */
  get summary(): string {
    const why = [this.error, this.cause].filter((part) => part !== undefined && part !== '').join(': ');
    if (this.status === 'RUNNING') return `RUNNING: waits for ever in ${this.waitsIn.join(', ') || 'no state'}`;
    return why === '' ? this.status : `${this.status}: ${why}`;
  }
}

/** A run is not as expected. Test runners show `expected` and `actual` as a comparison. */
export class ExpectationFailed extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'Knhk.ExpectationFailed';
  readonly differences: readonly Difference[];
  readonly expected: JsonObject;
  readonly actual: JsonObject;

  constructor(run: TestRun, found: readonly Difference[]) {
    const lines = [
      ...found.map(describe),
      `the execution ended as ${run.summary}`,
      `on the path ${run.path.join(' → ')}`,
    ];
    super(`The execution is not as expected:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    this.differences = found;
    this.expected = side(found, 'expected');
    this.actual = side(found, 'actual');
  }
}

function side(found: readonly Difference[], which: 'expected' | 'actual'): JsonObject {
  return Object.fromEntries(found.map((difference) => [difference.path, difference[which] ?? null]));
}
