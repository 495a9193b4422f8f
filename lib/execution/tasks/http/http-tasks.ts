import type { TaskAssignment } from '../../../model/effect.ts';
import type { Json } from '../../../model/json.ts';
import { type Connection, type Connections, ConnectionUnusable } from '../../../ports/http-connections.ts';
import type { TaskInvoker, TaskOutcome } from '../../../ports/task-invoker.ts';
import { BadCall, type HttpCall, readCall, toHttpRequest } from './call.ts';
import { AnswerTooLarge, exchange, type HttpResponse } from './exchange.ts';
import { AccessTokens } from './oauth.ts';
import { CallRefused, type HttpPolicy } from './policy.ts';

export interface HttpTasksOptions {
  readonly connections: Connections;
  readonly policy: HttpPolicy;
  /** As Step Functions names it to the API. */
  readonly region: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Step Functions' own limit of an HTTP task, ms. */
const LONGEST_CALL_MS = 60_000;
/** Step Functions asks for so much; an API that gives more fails the task. */
const MOST_BYTES = 262_144;

/**
 * `http:invoke`, as AWS documents it: connections with their credentials, form bodies, errors by status. Nothing is
 * followed that the API redirects to, and no address is called that the policy does not allow.
 */
export class HttpTasks implements TaskInvoker {
  readonly #options: HttpTasksOptions;
  readonly #tokens: AccessTokens;

  constructor(options: HttpTasksOptions) {
    this.#options = options;
    this.#tokens = new AccessTokens(options.policy, options.now);
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    try {
      const call = readCall(task.input);
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_CALL_MS)]);
      const response = await this.#call(call, limit, task.trace);
      return answered(response, task);
    } catch (error) {
      signal.throwIfAborted();
      return failureOf(error, task);
    }
  }

  async #call(call: HttpCall, signal: AbortSignal, trace: TaskAssignment['trace']): Promise<HttpResponse> {
    const { connections, policy, region } = this.#options;
    const { connectionArn: arn } = call;
    const connection = arn === undefined ? undefined : await connections.find(arn);
    const send = async () => {
      const authorization = await this.#authorization(arn, connection, signal);
      return exchange(toHttpRequest(call, connection, authorization, region, trace), policy, MOST_BYTES, signal);
    };
    const response = await send();
    if (response.status !== 401 || connection?.authorization.kind !== 'oauth' || arn === undefined) return response;
    // The token may have been revoked: nothing was done, so once more with a new one.
    this.#tokens.forget(arn);
    return send();
  }

  async #authorization(
    arn: string | undefined,
    connection: Connection | undefined,
    signal: AbortSignal,
  ): Promise<readonly [string, string] | undefined> {
    if (arn === undefined || connection === undefined) return undefined;
    const { authorization } = connection;
    switch (authorization.kind) {
      case 'apiKey':
        return [authorization.header, authorization.value];
      case 'basic': {
        const { username, password } = authorization;
        return ['authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`];
      }
      case 'oauth':
        return ['authorization', `Bearer ${await this.#tokens.of(arn, authorization, signal)}`];
    }
  }
}

function answered({ status, statusText, headers, body }: HttpResponse, task: TaskAssignment): TaskOutcome {
  const text = textOf(body);
  if (status < 200 || status >= 300) {
    return failed(`States.Http.StatusCode.${status}`, text ?? `${status} ${statusText}`);
  }
  const type = headers['content-type']?.[0] ?? '';
  if (text === undefined || /^(application\/octet-stream|image\/|video\/|audio\/)/i.test(type)) {
    return failed('States.Runtime', `The HTTP task of state '${task.state}' got an answer that is no text (${type}).`);
  }
  return {
    kind: 'succeeded',
    output: {
      Headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [...(values ?? [])]])),
      ResponseBody: parsed(text),
      StatusCode: status,
      StatusText: statusText,
    },
  };
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failureOf(error: unknown, task: TaskAssignment): TaskOutcome {
  if (error instanceof BadCall) return notCalled(`The HTTP task of state '${task.state}' ${error.message}.`);
  if (error instanceof CallRefused) return notCalled(error.message);
  if (error instanceof ConnectionUnusable) return failed(error.error, error.message);
  if (error instanceof AnswerTooLarge) return failed('States.DataLimitExceeded', error.message);
  return failed('States.Http.Socket', `The HTTP task of state '${task.state}' got no answer: ${describe(error)}`);
}

function notCalled(cause: string): TaskOutcome {
  return { kind: 'failed', reason: 'notScheduled', error: 'States.Runtime', cause };
}

function failed(error: string, cause: string): TaskOutcome {
  return { kind: 'failed', reason: 'failed', error, cause };
}

/** Failures to connect may have no message, only a code. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `the time of ${LONGEST_CALL_MS / 1000} seconds is over`;
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join('; ');
  return error.message;
}
