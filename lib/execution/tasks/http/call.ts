import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { TraceContext } from '../../../model/state.ts';
import type { Connection } from '../../../ports/http-connections.ts';
import type { HttpRequest } from './exchange.ts';
import { type ArrayFormat, formEncoded, isArrayFormat, textOf } from './form.ts';

/** The parameters of an `http:invoke` task, read. */
export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly body: Json | undefined;
  readonly connectionArn: string | undefined;
  /** Absent: the body goes as JSON. */
  readonly form: ArrayFormat | undefined;
}

/** The parameters are not those of an HTTP task. */
export class BadCall extends Error {
  override readonly name = 'BadCall';
  readonly code = 'Knhk.BadHttpCall';
}

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];

/** Source: "Call HTTPS APIs in Step Functions workflows", headers that a definition may not use. */
const OWN_HEADERS = new RegExp(
  `^(${[
    'a-im|accept-charset|accept-datetime|accept-encoding|authorization|cache-control|connection|content-encoding',
    'content-md5|date|expect|forwarded|from|host|http2-settings|if-match|if-modified-since|if-none-match|if-range',
    'if-unmodified-since|max-forwards|origin|pragma|proxy-authorization|referer|server|te|trailer|transfer-encoding',
    'upgrade|via|warning|x-forwarded-.*|x-amz-.*|x-amzn-.*',
  ].join('|')})$`,
);

/** @throws BadCall */
export function readCall(parameters: Json): HttpCall {
  if (!isJsonObject(parameters)) throw new BadCall('needs an object with ApiEndpoint and Method');
  const { ApiEndpoint: endpoint, Method: method } = parameters;
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) {
    throw new BadCall(`has an ApiEndpoint that is no URL: ${JSON.stringify(endpoint ?? null)}`);
  }
  if (typeof method !== 'string' || !METHODS.includes(method)) {
    throw new BadCall(`needs a Method, one of ${METHODS.join(', ')}`);
  }
  return {
    url: new URL(endpoint),
    method,
    headers: readHeaders(parameters['Headers']),
    query: readQuery(parameters['QueryParameters']),
    body: parameters['RequestBody'] ?? undefined,
    connectionArn: connectionOf(parameters),
    form: readForm(parameters['Transform']),
  };
}

function readHeaders(given: Json | undefined): Headers {
  const headers = new Headers();
  if (given === undefined || given === null) return headers;
  if (!isJsonObject(given)) throw new BadCall('needs an object as Headers');
  for (const [name, value] of Object.entries(given)) {
    if (OWN_HEADERS.test(name.toLowerCase())) throw new BadCall(`may not set the header ${name}`);
    try {
      for (const item of Array.isArray(value) ? value : [value]) headers.append(name, textOf(item));
    } catch {
      throw new BadCall(`has a header that HTTP does not allow: ${name}`);
    }
  }
  return headers;
}

/** An object, `{ "a": ["1", "2"] }`, a list of such, or a text as it stands in a URL. */
function readQuery(given: Json | undefined): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, readonly string[]>();
  const add = (name: string, values: readonly string[]) => query.set(name, [...(query.get(name) ?? []), ...values]);
  if (typeof given === 'string') for (const [name, value] of new URLSearchParams(given)) add(name, [value]);
  for (const part of Array.isArray(given) ? given : [given]) {
    if (!isJsonObject(part)) continue;
    for (const [name, value] of Object.entries(part)) add(name, (Array.isArray(value) ? value : [value]).map(textOf));
  }
  return query;
}

function connectionOf(parameters: JsonObject): string | undefined {
  for (const field of ['InvocationConfig', 'Authentication']) {
    const holder = parameters[field];
    if (isJsonObject(holder) && typeof holder['ConnectionArn'] === 'string') return holder['ConnectionArn'];
  }
  return undefined;
}

function readForm(transform: Json | undefined): ArrayFormat | undefined {
  if (!isJsonObject(transform)) return undefined;
  const { RequestBodyEncoding: encoding = 'NONE' } = transform;
  if (encoding === 'NONE') return undefined;
  if (encoding !== 'URL_ENCODED') throw new BadCall('needs NONE or URL_ENCODED as RequestBodyEncoding');
  const options = transform['RequestEncodingOptions'] ?? transform['RequestEncodeOptions'];
  const format = isJsonObject(options) ? options['ArrayFormat'] : undefined;
  if (format === undefined) return 'INDICES';
  if (!isArrayFormat(format)) throw new BadCall('needs INDICES, REPEAT, COMMAS, BRACKETS or NONE as ArrayFormat');
  return format;
}

/**
 * The request that the call makes: what the connection gives takes the place of what the task gives under the same name.
 * The trace goes along (W3C Trace Context), unless either of them sets its headers.
 * @param authorization of the connection, as a header. @throws BadCall
 */
export function toHttpRequest(
  call: HttpCall,
  connection: Connection | undefined,
  authorization: readonly [string, string] | undefined,
  region: string,
  trace?: TraceContext,
): HttpRequest {
  const headers = new Headers(call.headers);
  for (const [name, value] of Object.entries(connection?.parameters.headers ?? {})) headers.set(name, value);
  if (authorization !== undefined) headers.set(...authorization);
  addTrace(headers, trace);
  const body = bodyOf(call, connection?.parameters.body ?? {});
  if (!headers.has('content-type')) {
    const form = call.form !== undefined && isJsonObject(call.body);
    headers.set('content-type', form ? 'application/x-www-form-urlencoded' : 'application/json; charset=UTF-8');
  }
  headers.set('user-agent', `Amazon|StepFunctions|HttpInvoke|${region}`);
  headers.set('range', 'bytes=0-262144');
  if (body !== undefined) headers.set('content-length', String(Buffer.byteLength(body)));
  return { url: urlOf(call, connection), method: call.method, headers, ...(body === undefined ? {} : { body }) };
}

/** The two belong together: a state of one trace with the parent of another would mislead. */
function addTrace(headers: Headers, { traceparent, tracestate }: TraceContext = {}): void {
  if (traceparent === undefined || headers.has('traceparent') || headers.has('tracestate')) return;
  headers.set('traceparent', traceparent);
  if (tracestate !== undefined) headers.set('tracestate', tracestate);
}

function urlOf({ url, query }: HttpCall, connection: Connection | undefined): URL {
  const target = new URL(url);
  for (const [name, values] of query) for (const value of values) target.searchParams.append(name, value);
  for (const [name, value] of Object.entries(connection?.parameters.query ?? {})) target.searchParams.set(name, value);
  target.hash = '';
  return target;
}

function bodyOf({ body, form }: HttpCall, added: Readonly<Record<string, string>>): string | undefined {
  const isAdded = Object.keys(added).length > 0;
  if (isAdded && body !== undefined && !isJsonObject(body)) {
    throw new BadCall('has a RequestBody that is no object, which cannot be merged with the body of its connection');
  }
  const merged = isAdded ? { ...(isJsonObject(body) ? body : {}), ...added } : body;
  if (merged === undefined) return undefined;
  if (typeof merged === 'string') return merged;
  return form !== undefined && isJsonObject(merged) ? formEncoded(merged, form) : JSON.stringify(merged);
}
