import type { Json, JsonObject } from '../../model/json.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import { type Difference, differences } from './difference.ts';
import type { TestRun } from './test-run.ts';

/** What a test expects of an execution. What is left out is not looked at. */
export interface Expectation {
  readonly status?: ExecutionStatus;
  readonly output?: Json;
  /** Objects of the output may have more fields; everything else is equal. */
  readonly outputContains?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** A regular expression (JavaScript, flags `su`) that fits somewhere in the cause. */
  readonly causeMatches?: string;
  /** All states in the order in which they were entered, those of branches, items and map runs included. */
  readonly path?: readonly string[];
  /** States in the order in which they were entered; there may be others before, between and after. */
  readonly pathContains?: readonly string[];
  readonly states?: { readonly [state: string]: StateExpectation };
  /** Simulated seconds from the start to the end. */
  readonly elapsedSeconds?: number | { readonly min?: number; readonly max?: number };
  /** Variables of the top level at the end; others may exist. */
  readonly variables?: JsonObject;
}

export interface StateExpectation {
  /** How often it was entered. */
  readonly entered?: number;
  /** Of its first visit. */
  readonly input?: Json;
  readonly inputContains?: Json;
  /** Of its first visit that was left. */
  readonly output?: Json;
  readonly outputContains?: Json;
  /** The last error of its first visit, also one that was caught or retried. */
  readonly error?: string;
  /** How often its task was called, retries included; or what it was called with, call by call. */
  readonly calls?: number | readonly Json[];
  /** What each call was called with, at least. */
  readonly callsContain?: readonly Json[];
}

/** Where a run is not as expected; empty if it is. */
export function check(run: TestRun, expected: Expectation): readonly Difference[] {
  const { output, error, cause } = run;
  return [
    ...(expected.status === undefined ? [] : differences('status', expected.status, run.status)),
    ...(expected.output === undefined ? [] : differences('output', expected.output, output)),
    ...(expected.outputContains === undefined
      ? []
      : differences('output', expected.outputContains, output, 'contains')),
    ...(expected.error === undefined ? [] : differences('error', expected.error, error)),
    ...(expected.cause === undefined ? [] : differences('cause', expected.cause, cause)),
    ...(expected.causeMatches === undefined ? [] : fits(expected.causeMatches, cause)),
    ...(expected.path === undefined ? [] : path(expected.path, run.path)),
    ...(expected.pathContains === undefined ? [] : pathContains(expected.pathContains, run.path)),
    ...Object.entries(expected.states ?? {}).flatMap(([name, state]) => checkState(run, name, state)),
    ...elapsed(expected.elapsedSeconds, run.elapsedSeconds),
    ...Object.entries(expected.variables ?? {}).flatMap(([name, value]) =>
      differences(`variables.${name}`, value, Object.hasOwn(run.variables, name) ? run.variables[name] : undefined),
    ),
  ];
}

function fits(pattern: string, cause: string | undefined): readonly Difference[] {
  if (cause !== undefined && new RegExp(pattern, 'su').test(cause)) return [];
  return [{ path: 'cause', expected: `/${pattern}/`, ...(cause === undefined ? {} : { actual: cause }) }];
}

/** Shown whole: a single missing state would else show as a difference at every place after it. */
function path(expected: readonly string[], actual: readonly string[]): readonly Difference[] {
  const isEqual = differences('path', expected, actual).length === 0;
  return isEqual ? [] : [{ path: 'path', expected: expected.join(' → '), actual: actual.join(' → ') }];
}

function pathContains(expected: readonly string[], actual: readonly string[]): readonly Difference[] {
  let found = 0;
  for (const state of actual) if (state === expected[found]) found += 1;
  if (found === expected.length) return [];
  return [{ path: 'path', expected: `… ${expected.join(' … ')} …`, actual: actual.join(' → ') }];
}

function elapsed(expected: Expectation['elapsedSeconds'], actual: number): readonly Difference[] {
  if (expected === undefined) return [];
  if (typeof expected === 'number') return differences('elapsedSeconds', expected, actual);
  const { min = 0, max = Number.POSITIVE_INFINITY } = expected;
  if (actual >= min && actual <= max) return [];
  const limits = [min > 0 ? `at least ${min}` : '', Number.isFinite(max) ? `at most ${max}` : ''].filter(Boolean);
  return [{ path: 'elapsedSeconds', expected: limits.join(', '), actual }];
}

function checkState(run: TestRun, name: string, expected: StateExpectation): readonly Difference[] {
  const at = `states.${name}`;
  const known = run.coverage.parts.some(({ state }) => state === name);
  if (!known) return [{ path: at, expected: 'a state of the definition' }];
  const visits = run.visits(name);
  const [first] = visits;
  const left = visits.find((visit) => visit.output !== undefined);
  const inputs = run.calls(name).map(({ input }) => input);
  const { entered, input, inputContains, output, outputContains, error, calls, callsContain } = expected;
  return [
    ...(entered === undefined ? [] : differences(`${at}.entered`, entered, visits.length)),
    ...(input === undefined ? [] : differences(`${at}.input`, input, first?.input)),
    ...(inputContains === undefined ? [] : differences(`${at}.input`, inputContains, first?.input, 'contains')),
    ...(output === undefined ? [] : differences(`${at}.output`, output, left?.output)),
    ...(outputContains === undefined ? [] : differences(`${at}.output`, outputContains, left?.output, 'contains')),
    ...(error === undefined ? [] : differences(`${at}.error`, error, first?.error)),
    ...(typeof calls === 'number' ? differences(`${at}.calls`, calls, inputs.length) : []),
    ...(typeof calls === 'object' ? differences(`${at}.calls`, calls, inputs) : []),
    ...(callsContain === undefined ? [] : differences(`${at}.calls`, callsContain, inputs, 'contains')),
  ];
}
