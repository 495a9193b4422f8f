import { isJsonObject, type Json } from '../../model/json.ts';
import type { Trial } from './trial.ts';

/** What an HTTP task sent, and what it got. */
export interface HttpExchange {
  readonly request: {
    readonly protocol: string;
    readonly method: string;
    readonly url: string;
    readonly headers: string;
    readonly body?: string;
  };
  readonly response: {
    readonly protocol: string;
    readonly statusCode: string;
    readonly statusMessage?: string;
    readonly headers?: string;
    readonly body?: string;
  };
}

/**
 * Of a task that has called an HTTP endpoint. What a connection adds, the secrets of it among that, is never in it: the
 * request is told as the state asks for it.
 */
export function httpExchange({ task, result, end }: Trial): Partial<HttpExchange> {
  if (task?.resource.kind !== 'service' || task.resource.service !== 'http' || !isJsonObject(task.input)) return {};
  const { ApiEndpoint, Method, Headers, QueryParameters, RequestBody } = task.input;
  if (typeof ApiEndpoint !== 'string' || typeof Method !== 'string' || !URL.canParse(ApiEndpoint)) return {};
  const url = new URL(ApiEndpoint);
  for (const [name, value] of Object.entries(isJsonObject(QueryParameters) ? QueryParameters : {})) {
    url.searchParams.append(name, asText(value));
  }
  const protocol = url.protocol.slice(0, -1);
  const request = {
    protocol,
    method: Method,
    url: url.href,
    headers: JSON.stringify(Headers ?? {}),
    ...(RequestBody === undefined ? {} : { body: asText(RequestBody) }),
  };
  const response = responseOf(result?.value, end);
  return response === undefined ? { request } : { request, response: { protocol, ...response } };
}

function responseOf(result: Json | undefined, end: Trial['end']) {
  if (isJsonObject(result)) {
    const { StatusCode, StatusText, Headers, ResponseBody } = result;
    return {
      statusCode: asText(StatusCode ?? ''),
      statusMessage: asText(StatusText ?? ''),
      headers: JSON.stringify(Headers ?? {}),
      body: asText(ResponseBody ?? ''),
    };
  }
  const failure = end.kind === 'exited' ? undefined : end.failure;
  const statusCode = /^States\.Http\.StatusCode\.(\d+)$/.exec(failure?.error ?? '')?.[1];
  if (statusCode === undefined) return undefined;
  return { statusCode, ...(failure?.cause === undefined ? {} : { body: failure.cause }) };
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
