import type { InvocationResponse, InvokeCommand, InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import type { TaskAssignment } from '../../model/effect.ts';
import type { Json } from '../../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import { xrayHeaderOf } from '../../ports/trace-context.ts';
import { invokeFailure, type TaskFailure } from './lambda-failure.ts';
import { functionRequest, serviceRequest } from './lambda-request.ts';
import { functionError, type HttpAnswer, invokeResponse, payloadValue } from './lambda-response.ts';

export interface LambdaInvokerOptions {
  /** Roles of workflows that functions are called as; tasks of other workflows use the engine's own. None by default. */
  readonly assumableRoles?: readonly string[];
  /** `roleArn`: the role to call the function as; absent: the engine's own. */
  readonly client: (roleArn?: string) => Promise<LambdaClient>;
  /**
   * Bytes of an answer beyond which the task fails with `States.DataLimitExceeded`, as in Step Functions, whose limit
   * is 262,144. Absent: Lambda's own 6 MB is the only limit.
   */
  readonly maxResponseBytes?: number;
}

/**
 * Tasks that are Lambda functions, named by their ARN or called through `lambda:invoke`. Answers, errors and causes are
 * those of Step Functions. The function finds the task's idempotency key in its client context, as
 * `custom['knhk-idempotency-key']`, and beside it `traceparent`, unless the task sets a client context of its own; the
 * trace goes along in `X-Amzn-Trace-Id` as well.
 */
export class LambdaInvoker implements TaskInvoker {
  readonly #options: LambdaInvokerOptions;

  constructor(options: LambdaInvokerOptions) {
    this.#options = options;
  }

  /** Rejects with the signal's reason when that aborts. */
  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const { resource } = task;
    switch (resource.kind) {
      case 'lambda':
        return this.#call(task, functionRequest(task, resource.arn), signal, resource.arn);
      case 'service': {
        if (resource.service !== 'lambda' || resource.action !== 'invoke') break;
        const request = serviceRequest(task);
        return 'error' in request ? failed(task, request) : this.#call(task, request, signal, 'lambda');
      }
      case 'activity':
        break;
    }
    throw new Error(`${resource.arn} is no Lambda function: register another invoker for it.`);
  }

  async #call(
    task: TaskAssignment,
    input: InvokeCommandInput,
    signal: AbortSignal,
    resourceName: string,
  ): Promise<TaskOutcome> {
    let answer: Answer;
    try {
      answer = await this.#send(input, task, signal);
    } catch (error) {
      signal.throwIfAborted();
      return failed(task, await invokeFailure(error, task.execution));
    }
    const { response, http } = answer;
    const payload = response.Payload ?? new Uint8Array();
    const { maxResponseBytes } = this.#options;
    if (maxResponseBytes !== undefined && payload.length > maxResponseBytes) {
      return failed(task, dataLimitExceeded(resourceName));
    }
    const text = Buffer.from(payload).toString('utf8');
    if (response.FunctionError !== undefined) return failed(task, functionError(text));
    const output: Json = task.resource.kind === 'service' ? invokeResponse(response, text, http) : payloadValue(text);
    return { kind: waitsForCallback(task) ? 'submitted' : 'succeeded', output };
  }

  #roleOf({ roleArn, workflowRoleArn }: TaskAssignment): string | undefined {
    return roleArn ?? this.#options.assumableRoles?.find((role) => role === workflowRoleArn);
  }

  async #send(input: InvokeCommandInput, task: TaskAssignment, signal: AbortSignal): Promise<Answer> {
    const [{ InvokeCommand }, client] = await Promise.all([
      import('@aws-sdk/client-lambda'),
      this.#options.client(this.#roleOf(task)),
    ]);
    const command = new InvokeCommand(input);
    let http: HttpAnswer = { statusCode: 200, headers: {} };
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        // The SDK types the answer of its transport as unknown; with the HTTP transport it has these fields.
        http = result.response as HttpAnswer;
        return result;
      },
      { step: 'deserialize', name: 'knhkHttpAnswer' },
    );
    addTraceHeader(command, xrayHeaderOf(task.trace?.traceparent));
    const response = await client.send(command, { abortSignal: signal });
    return { response, http };
  }
}

/** Before the request is signed; a header of the name that is there already, from this function's own invocation, gives way. */
function addTraceHeader(command: InvokeCommand, header: string | undefined): void {
  if (header === undefined) return;
  command.middlewareStack.add(
    (next) => async (args) => {
      // As for the answer: with the HTTP transport the request has headers.
      const { headers } = args.request as { readonly headers: Record<string, string> };
      headers['X-Amzn-Trace-Id'] = header;
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'knhkTraceHeader' },
  );
}

interface Answer {
  readonly response: InvocationResponse;
  readonly http: HttpAnswer;
}

function failed(task: TaskAssignment, failure: TaskFailure): TaskOutcome {
  return { kind: 'failed', ...failure, reason: waitsForCallback(task) ? 'notSubmitted' : 'failed' };
}

function waitsForCallback({ resource }: TaskAssignment): boolean {
  return resource.kind === 'service' && resource.pattern === 'waitForTaskToken';
}

function dataLimitExceeded(resourceName: string): TaskFailure {
  return {
    error: 'States.DataLimitExceeded',
    cause: `The state/task '${resourceName}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  };
}
