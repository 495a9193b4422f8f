import { ErrorName, type StateError } from '../../model/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Failure } from '../../model/plan.ts';
import { admit } from './admission.ts';
import { type InspectionData, inspect } from './inspection.ts';
import { asTask, type MapFacts } from './mocked.ts';
import { type Mock, type StateConfiguration, StateTestRefused, type StateTestRequest } from './request.ts';
import { inSetting, type Setting } from './setting.ts';
import { findSubject, withState } from './subject.ts';
import { type Trial, type TrialParts, tryState } from './trial.ts';

export type { FieldValidation, Mock, StateConfiguration, StateTestRequest } from './request.ts';
export { StateTestRefused } from './request.ts';
export type { TrialParts } from './trial.ts';

/** What became of the state. Values are JSON text. */
export interface StateTest {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly nextState?: string;
  readonly inspection: InspectionData;
}

/**
 * Tries one state: checked, compiled, evaluated, retried and caught by what runs it in an execution. Without a mock a
 * Task is really called.
 * @param tracing shows also what an HTTP task sent and got.
 * @throws StateTestRefused
 */
export async function testState(request: StateTestRequest, parts: TrialParts, tracing: boolean): Promise<StateTest> {
  const { input, roleArn, variables, mock, context, configuration } = request;
  const subject = findSubject(request.definition, request.stateName);
  await admit(request, subject);
  const setting: Setting = {
    variables,
    hasRole: roleArn !== undefined,
    ...(context === undefined ? {} : { context }),
    ...(configuration.retrierRetryCount === undefined ? {} : { retryCount: configuration.retrierRetryCount }),
  };
  const facts: MapFacts = {};
  let caught: { readonly index: number; readonly errorOutput: Json } | undefined;
  let thrown: StateError | undefined;
  const observer = {
    caught: (index: number, errorOutput: Json) => {
      caught = { index, errorOutput };
    },
    threw: (error: StateError) => {
      thrown = error;
    },
  };
  const mocked = asTask(subject.state, facts, setting, configuration.mapItemReaderData);
  const trial = await tryState(withState(subject, inSetting(mocked, setting, observer)), parts, {
    input: input.value,
    roleArn: roleArn ?? '',
    ...(mock === undefined ? {} : { mock }),
    ...(configuration.retrierRetryCount === undefined ? {} : { retrierRetryCount: configuration.retrierRetryCount }),
    failure: () => iterationFailure(facts, configuration, mock),
    thrown: () => thrown,
  });
  const taken = trial.end.kind === 'exited' ? caught : undefined;
  const render = renderer(request);
  const left = { ...variables, ...(trial.end.kind === 'exited' ? trial.end.assign : {}) };
  const { definition, state, steps } = subject;
  const inspected = { state, definition, steps, facts, trial, catcher: taken?.index, variables: left, render };
  return { ...outcome(trial, taken?.errorOutput, render), inspection: inspect(inspected, input, tracing) };
}

/** What the items that failed mean for their Map. */
function iterationFailure(
  { distributed, itemCount, toleratedCount = 0, toleratedPercentage = 0 }: MapFacts,
  { mapIterationFailureCount: failed }: StateConfiguration,
  mock: Mock | undefined,
): Failure | undefined {
  if (failed === undefined) return undefined;
  if (itemCount !== undefined && failed > itemCount) {
    throw new StateTestRefused(
      'request',
      `StateConfiguration.mapIterationFailureCount cannot exceed the number of items: ${itemCount}`,
    );
  }
  const tolerated = Math.max(toleratedCount, Math.floor(((itemCount ?? 0) * toleratedPercentage) / 100));
  // An inline Map fails with the error of its item, which is what the mock says.
  if (distributed !== true || failed <= tolerated) return undefined;
  const error = ErrorName.exceedToleratedFailureThreshold;
  // The mock may have words of its own for it.
  if (mock?.kind === 'error' && mock.error === error) return undefined;
  return {
    error,
    cause: 'The specified tolerated failure threshold was exceeded',
  };
}

function outcome(
  { end }: Trial,
  errorOutput: Json | undefined,
  render: (value: Json) => string,
): Omit<StateTest, 'inspection'> {
  switch (end.kind) {
    case 'retries':
      return { status: 'RETRIABLE', ...end.failure };
    case 'failed':
      return { status: 'FAILED', ...end.failure };
    case 'exited': {
      const left = { output: render(end.output), ...(end.next === undefined ? {} : { nextState: end.next }) };
      if (errorOutput === undefined) return { status: 'SUCCEEDED', ...left };
      return { status: 'CAUGHT_ERROR', ...caughtFailure(errorOutput), ...left };
    }
  }
}

function caughtFailure(errorOutput: Json): Failure {
  const { Error: error, Cause: cause }: JsonObject = isJsonObject(errorOutput) ? errorOutput : {};
  return { ...(typeof error === 'string' ? { error } : {}), ...(typeof cause === 'string' ? { cause } : {}) };
}

/** What is the very input or the very mock is shown as it was written. */
function renderer({ input, mock }: StateTestRequest): (value: Json) => string {
  const given = mock?.kind === 'result' ? [input, mock.result] : [input];
  return (value) => {
    const known = typeof value === 'object' ? given.find((written) => written.value === value) : undefined;
    return known === undefined ? JSON.stringify(value) : known.text;
  };
}
