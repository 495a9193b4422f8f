import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';

/** Step Functions' own limit of an HTTP task, ms. */
const LONGEST_CALL_MS = 60_000;

/**
 * `http:invoke`: `ApiEndpoint`, `Method`, `Headers`, `QueryParameters`, `RequestBody`. A status of 400 or more fails the
 * task with `States.Http.StatusCode.<status>`. Connections of EventBridge, which hold credentials, are not read here:
 * a task that names one is refused unless `authorize` supplies its headers.
 */
export class HttpTasks implements TaskInvoker {
  readonly #authorize: ((connectionArn: string) => Promise<Record<string, string>>) | undefined;

  constructor(authorize?: (connectionArn: string) => Promise<Record<string, string>>) {
    this.#authorize = authorize;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    if (!isJsonObject(task.input)) return refused(task, 'needs an object with ApiEndpoint and Method');
    const { ApiEndpoint: endpoint, Method: method } = task.input;
    if (typeof endpoint !== 'string' || !URL.canParse(endpoint))
      return refused(task, `has an ApiEndpoint that is no URL: ${JSON.stringify(endpoint)}`);
    if (typeof method !== 'string') return refused(task, 'needs a Method such as GET or POST');
    const connection = connectionOf(task.input);
    if (connection !== undefined && this.#authorize === undefined) {
      return refused(
        task,
        `names the connection ${connection}, and this engine has no access to connections; leave Authentication out, or call the API from a function`,
      );
    }
    const headers = new Headers(textFields(task.input['Headers']));
    const credentials = connection === undefined ? {} : await this.#authorize?.(connection);
    for (const [name, value] of Object.entries(credentials ?? {})) headers.set(name, value);
    const url = new URL(endpoint);
    for (const [name, value] of Object.entries(textFields(task.input['QueryParameters'])))
      url.searchParams.append(name, value);
    const body = bodyOf(task.input['RequestBody'], headers);
    try {
      const timeout = AbortSignal.timeout(LONGEST_CALL_MS);
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, timeout]),
      });
      return answered(response, await response.text());
    } catch (error) {
      return {
        kind: 'failed',
        reason: 'failed',
        error: 'States.Http.Socket',
        cause: `${method} ${url.origin}${url.pathname} did not answer: ${describe(error)}`,
      };
    }
  }
}

function answered(response: Response, text: string): TaskOutcome {
  const { status, statusText } = response;
  if (status >= 400)
    return { kind: 'failed', reason: 'failed', error: `States.Http.StatusCode.${status}`, cause: text };
  const headers: Record<string, Json> = {};
  for (const [name, value] of response.headers) headers[name] = [value];
  return {
    kind: 'succeeded',
    output: { ResponseBody: parseBody(text), Headers: headers, StatusCode: status, StatusText: statusText },
  };
}

function parseBody(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bodyOf(body: Json | undefined, headers: Headers): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return JSON.stringify(body);
}

function textFields(fields: Json | undefined): Record<string, string> {
  if (!isJsonObject(fields)) return {};
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function connectionOf(input: JsonObject): string | undefined {
  const authentication = input['Authentication'];
  const arn = isJsonObject(authentication) ? authentication['ConnectionArn'] : undefined;
  return typeof arn === 'string' ? arn : undefined;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function refused(task: TaskAssignment, why: string): TaskOutcome {
  return {
    kind: 'failed',
    reason: 'notScheduled',
    error: 'States.Runtime',
    cause: `The HTTP task of state '${task.state}' ${why}.`,
  };
}
