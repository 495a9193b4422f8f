import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json } from '../../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';

/** @param execution ARN of the execution whose task calls. */
export type OwnFetch = (request: Request, execution: string) => Promise<Response>;

/**
 * `aws-sdk:sfn:<action>`: calls of Step Functions are calls of this very engine, and go to its API without a network in
 * between. Requests, answers and errors have the form of the SDK integration.
 */
export class OwnApiTasks implements TaskInvoker {
  readonly #fetch: OwnFetch;

  constructor(fetch: OwnFetch) {
    this.#fetch = fetch;
  }

  async invoke(task: TaskAssignment): Promise<TaskOutcome> {
    const { resource } = task;
    if (resource.kind !== 'service') throw new Error(`${resource.arn} is no service: register another invoker for it.`);
    const target = `AWSStepFunctions.${resource.action.charAt(0).toUpperCase()}${resource.action.slice(1)}`;
    const request = new Request('http://localhost/', {
      method: 'POST',
      headers: {
        ...{ 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' },
        ...(task.trace?.traceparent === undefined ? {} : { traceparent: task.trace.traceparent }),
      },
      body: JSON.stringify(toRequest(task.input)),
    });
    const response = await this.#fetch(request, task.execution);
    const answer: Json = JSON.parse(await response.text());
    const isCallback = resource.pattern === 'waitForTaskToken';
    if (response.ok) return { kind: isCallback ? 'submitted' : 'succeeded', output: toAnswer(answer) };
    return { kind: 'failed', reason: isCallback ? 'notSubmitted' : 'failed', ...failureOf(response, answer) };
  }
}

/** Fields of the API that are JSON text: what is given as JSON is written as text. */
const TEXTS: ReadonlySet<string> = new Set(['Cause', 'Definition', 'Error', 'Input', 'Output']);

function toRequest(value: Json): Json {
  if (Array.isArray(value)) return value.map(toRequest);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const isText = TEXTS.has(name) && item !== null && typeof item !== 'string';
      return [name.charAt(0).toLowerCase() + name.slice(1), isText ? JSON.stringify(item) : toRequest(item)];
    }),
  );
}

function toAnswer(value: Json): Json {
  if (Array.isArray(value)) return value.map(toAnswer);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const isTime = typeof item === 'number' && /(^timestamp|Date)$/.test(name);
      return [name.charAt(0).toUpperCase() + name.slice(1), isTime ? timeText(item) : toAnswer(item)];
    }),
  );
}

/** @param seconds since the epoch. */
function timeText(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString().replace('.000Z', 'Z');
}

/** Errors that the service's model does not have. */
const UNDECLARED: ReadonlySet<string> = new Set([
  'InternalFailure',
  'RequestEntityTooLargeException',
  'SerializationException',
  'ServiceUnavailable',
  'UnknownOperationException',
]);

function failureOf(response: Response, answer: Json): { readonly error: string; readonly cause: string } {
  const { __type: type, message } = isJsonObject(answer) ? answer : {};
  const name = typeof type === 'string' ? type : 'InternalFailure';
  const exception = UNDECLARED.has(name) ? 'SfnException' : name.endsWith('Exception') ? name : `${name}Exception`;
  const details = `Service: Sfn, Status Code: ${response.status}, Request ID: ${response.headers.get('x-amzn-requestid')}`;
  return { error: `Sfn.${exception}`, cause: `${String(message)} (${details}) (SDK Attempt Count: 1)` };
}
