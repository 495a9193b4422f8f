import {
  type FieldValidation,
  type Mock,
  type StateConfiguration,
  type StateTest,
  StateTestRefused,
  testState,
} from '../../execution/test-state/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { TaskInvoker } from '../../ports/task-invoker.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { parsePayload } from './payload.ts';

/** A state to be tested, as the faces are given it: values as JSON text. */
export interface StateTestForm {
  readonly definition: string;
  readonly stateName?: string | undefined;
  readonly input: string;
  readonly roleArn?: string | undefined;
  readonly variables?: string | undefined;
  readonly mock?: MockForm | undefined;
  readonly context?: string | undefined;
  readonly configuration?: { readonly [K in keyof StateConfiguration]: StateConfiguration[K] | undefined } | undefined;
  readonly inspectionLevel: 'INFO' | 'DEBUG' | 'TRACE';
  readonly revealSecrets: boolean;
}

export interface MockForm {
  readonly result?: string | undefined;
  readonly errorOutput?: { readonly error?: string | undefined; readonly cause?: string | undefined } | undefined;
  readonly fieldValidationMode?: FieldValidation | undefined;
}

type TestServices = Pick<Services, 'clock' | 'ids' | 'place' | 'invoker'> & {
  readonly policy: Pick<Services['policy'], 'waitMs'>;
};

/** Tests one state, without anything being kept. @throws ApiError */
export async function testOneState(services: TestServices, form: StateTestForm): Promise<StateTest> {
  const { clock, ids, place, policy, invoker = mocksOnly } = services;
  const { definition, stateName, roleArn, revealSecrets } = form;
  const mock = form.mock === undefined ? undefined : readMock(form.mock);
  const context = readObject('context', form.context);
  const request = {
    definition,
    input: { text: form.input, value: parsePayload(form.input, 'inputInvalid') },
    variables: readObject('variables', form.variables) ?? {},
    configuration: definedFields(form.configuration ?? {}),
    revealSecrets,
    ...(stateName === undefined ? {} : { stateName }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(mock === undefined ? {} : { mock }),
    ...(context === undefined ? {} : { context }),
  };
  try {
    const parts = { clock, ids, invoker, place, limitMs: policy.waitMs };
    return await testState(request, parts, form.inspectionLevel === 'TRACE');
  } catch (error) {
    if (!(error instanceof StateTestRefused)) throw error;
    const reason = error.about === 'definition' ? 'definitionInvalid' : 'requestInvalid';
    throw new ApiError(reason, '', error.message, error.findings);
  }
}

/** What became of a state, with JSON in the place of its text. */
export function withValues({ inspection, output, ...test }: StateTest, level: StateTestForm['inspectionLevel']) {
  const shown = Object.entries(inspection).map(([field, value]) => [
    field,
    typeof value === 'string' ? JSON.parse(value) : value,
  ]);
  return {
    ...test,
    ...(output === undefined ? {} : { output: JSON.parse(output) }),
    ...(level === 'INFO' ? {} : { inspectionData: Object.fromEntries(shown) }),
  };
}

const mocksOnly: TaskInvoker = {
  invoke: () => {
    const message = 'Give a mock: tasks are not called by tests here, only by executions.';
    return Promise.reject(new ApiError('notSupported', 'mock', message));
  },
};

function readMock({ result, errorOutput, fieldValidationMode = 'STRICT' }: MockForm): Mock {
  if (result !== undefined && errorOutput !== undefined) {
    throw invalid('A test mock should have only one of the following fields: [result, errorOutput].');
  }
  if (result !== undefined) {
    const value = parsed(result);
    if (value === undefined) throw invalid('Mocked result must be valid JSON');
    return { kind: 'result', result: { text: result, value }, validation: fieldValidationMode };
  }
  if (errorOutput === undefined) {
    throw invalid('A test mock should have one of the following fields: [result, errorOutput].');
  }
  return { kind: 'error', ...definedFields(errorOutput) };
}

function readObject(field: string, text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (isJsonObject(value)) return value;
  throw invalid(`The field '${field}' must be a valid JSON object`);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function definedFields<T extends object>(fields: T): Defined<T> {
  // What is left out is what may be undefined.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function invalid(message: string): ApiError {
  return new ApiError('requestInvalid', '', message);
}
