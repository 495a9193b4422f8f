import {
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  toJson,
} from '@bufbuild/protobuf';
import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { Visit } from '../auth/guard.ts';
import { ApiError } from '../errors.ts';
import { type OperationRequest, perform } from '../rest/operation.ts';
import type { Reply, Route } from '../rest/route.ts';
import type { Services } from '../services.ts';
import { traced } from '../tracing.ts';
import { toConnectError } from './errors.ts';

/** Who calls; asked as soon as the request is there, told when it is answered. */
export const visitKey = createContextKey<Promise<Visit> | undefined>(undefined);

/** Payloads may be nested 1,000 levels deep, and each of these is up to three messages deep. */
export const MAX_NESTING = 3_200;
const nesting = { recursionLimit: MAX_NESTING };

/**
 * A method is the operation of the same name: its message, in the JSON form that Protobuf gives it, is what REST takes
 * as path, query and body, and what REST answers is the JSON form of its answer. So both take, check, refuse and answer
 * the same, and what is here is the way between the two forms.
 */
export function unary(services: Services, { input, output }: DescMethodUnary, route: Route) {
  return (message: Message, context: HandlerContext): Promise<Message> =>
    answering(services, context, async () => {
      const request = requestOf(route, input, message);
      const reply = await perform(traced(services, context.requestHeader), await visitOf(context), route, request);
      // What REST tells beyond the .proto, a test finds; no call shall fail for it.
      return fromJson(output, replyJson(output, reply), { ...nesting, ignoreUnknownFields: true });
    });
}

/** Ends with the call's deadline, or once it is cancelled; what it has begun goes on. */
async function answering<T>(services: Services, { signal }: HandlerContext, answer: () => Promise<T>): Promise<T> {
  const cancelled = Promise.withResolvers<never>();
  const cancel = () => cancelled.reject(signal.reason);
  signal.addEventListener('abort', cancel);
  try {
    signal.throwIfAborted();
    return await Promise.race([answer(), cancelled.promise]);
  } catch (error) {
    throw toConnectError(services, error);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** @throws ApiError of the identification */
export function visitOf({ values }: HandlerContext): Promise<Visit> {
  const visit = values.get(visitKey);
  if (visit === undefined) throw new Error('A call came in on a way that does not ask who calls.');
  return visit;
}

/** @throws ApiError `requestInvalid` for a message that has no JSON form, such as a `Value` without a kind, or NaN. */
export function requestOf({ params, query, body }: Route, input: DescMessage, message: Message): OperationRequest {
  const fields = objectOf(jsonOf(input, message));
  const pick = (names: object) => Object.fromEntries(Object.entries(fields).filter(([name]) => name in names));
  const texts = (names: object) =>
    Object.fromEntries(Object.entries(pick(names)).map(([name, value]) => [name, String(value)]));
  const rest = Object.entries(fields).filter(([name]) => !(name in params.shape) && !(name in query.shape));
  return {
    params: texts(params.shape),
    query: texts(query.shape),
    body: body === undefined ? undefined : Object.fromEntries(rest),
  };
}

function jsonOf(input: DescMessage, message: Message): JsonValue {
  try {
    return toJson(input, message);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ApiError('requestInvalid', 'message', `Correct the request: ${problem}.`);
  }
}

/**
 * REST says by its status whether something was made; a message that tells so has it beside what was made, and so what
 * else is told about the making.
 */
function replyJson({ fields }: DescMessage, { status, body = {} }: Reply): JsonValue {
  const made = fields.find(({ fieldKind }) => fieldKind === 'message');
  // Asserted: what REST answers with is written as JSON.
  const json = body as JsonObject;
  if (made === undefined || !fields.some(({ name }) => name === 'created')) return json;
  const beside = Object.entries(json).filter(([name]) => fields.some(({ jsonName }) => jsonName === name));
  return { ...Object.fromEntries(beside), [made.jsonName]: json, created: status === 201 };
}

function objectOf(json: JsonValue): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}
