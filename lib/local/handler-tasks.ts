import { randomUUID } from 'node:crypto';
import type { TaskAssignment } from '../model/effect.ts';
import { isJsonObject, type Json } from '../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../ports/task-invoker.ts';
import { callHandler, type HandlerSource } from './handlers.ts';

/** Function tasks, direct and `lambda:invoke`, carried out by handlers in this process, and answered as Lambda answers. */
export class HandlerTasks implements TaskInvoker {
  readonly #handlers: HandlerSource;

  constructor(handlers: HandlerSource) {
    this.#handlers = handlers;
  }

  /** Whether there is a handler for the task's function. */
  handles(task: TaskAssignment): boolean {
    return this.#handlers.find(readCall(task).functionName) !== undefined;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const call = readCall(task);
    const handler = this.#handlers.find(call.functionName);
    if (handler === undefined) return this.#notFound(call.functionName);
    try {
      const output = await callHandler(handler, task, call.payload, signal);
      return call.answer(output);
    } catch (error) {
      return thrown(error);
    }
  }

  #notFound(functionName: string): TaskOutcome {
    const known = this.#handlers.names().join(', ') || 'none';
    const cause = `No handler is named '${functionName}' (there are: ${known}). Export a function of that name from the module given by --handlers, or set KNHK_LAMBDA_ENDPOINT.`;
    return { kind: 'failed', reason: 'failed', error: 'Lambda.ResourceNotFoundException', cause };
  }
}

interface Call {
  readonly functionName: string;
  readonly payload: Json;
  readonly answer: (output: Json) => TaskOutcome;
}

function readCall({ resource, input }: TaskAssignment): Call {
  if (resource.kind !== 'service') {
    const functionName = resource.kind === 'lambda' ? resource.functionName : resource.arn;
    return { functionName, payload: input, answer: (output) => ({ kind: 'succeeded', output }) };
  }
  const parameters = isJsonObject(input) ? input : {};
  const { FunctionName: name, Payload: payload } = parameters;
  const kind = resource.pattern === 'waitForTaskToken' ? 'submitted' : 'succeeded';
  return {
    functionName: nameOf(typeof name === 'string' ? name : ''),
    payload: payload ?? {},
    answer: (output) => ({ kind, output: invocationResponse(output) }),
  };
}

/** A function is named by its name or its ARN, with or without a version or alias behind it. */
function nameOf(text: string): string {
  const [, behind] = text.split(':function:');
  return (behind ?? text).split(':')[0] ?? text;
}

function invocationResponse(payload: Json): Json {
  const requestId = randomUUID();
  const headers = {
    'Content-Type': 'application/json',
    'X-Amz-Executed-Version': '$LATEST',
    'x-amzn-RequestId': requestId,
  };
  return {
    ExecutedVersion: '$LATEST',
    Payload: payload,
    SdkHttpMetadata: { HttpHeaders: headers, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: 200,
  };
}

/** Lambda's form of an error that its Node.js runtime caught: the name is the error, the cause is JSON. */
function thrown(error: unknown): TaskOutcome {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const cause = JSON.stringify({ errorType: name, errorMessage: message, trace: (stack ?? '').split('\n') });
  return { kind: 'failed', reason: 'failed', error: name, cause };
}
