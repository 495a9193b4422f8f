import type { InvokeCommandInput } from '@aws-sdk/client-lambda';
import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json } from '../../model/json.ts';
import type { TaskFailure } from './lambda-failure.ts';

/** The request for a task whose resource is the function itself: the whole input is the payload. */
export function functionRequest(task: TaskAssignment, arn: string): InvokeCommandInput {
  return { FunctionName: arn, Payload: utf8(JSON.stringify(task.input)), ClientContext: clientContext(task) };
}

/** The request for a `lambda:invoke` task: its input holds the parameters of the Invoke API. */
export function serviceRequest(task: TaskAssignment): InvokeCommandInput | TaskFailure {
  const input = isJsonObject(task.input) ? task.input : {};
  const { FunctionName, Payload, InvocationType, LogType, Qualifier, ClientContext } = input;
  if (typeof FunctionName !== 'string') {
    return { error: 'States.Runtime', cause: "The field 'FunctionName' is required but was missing" };
  }
  const payload = invokePayload(Payload);
  return {
    FunctionName,
    ...(payload === undefined ? {} : { Payload: utf8(payload) }),
    // Lambda itself refuses other values than those that the SDK's types allow.
    ...(InvocationType === undefined ? {} : { InvocationType: text(InvocationType) as 'RequestResponse' }),
    ...(LogType === undefined ? {} : { LogType: text(LogType) as 'Tail' }),
    ...(Qualifier === undefined ? {} : { Qualifier: text(Qualifier) }),
    ClientContext: ClientContext === undefined ? clientContext(task) : encodedContext(ClientContext),
  };
}

/**
 * As Step Functions does it: null is no payload, a text that is JSON goes as it stands (so that the text `"0"` arrives
 * as the number), everything else as JSON.
 */
function invokePayload(payload: Json | undefined): string | undefined {
  if (payload === undefined || payload === null) return undefined;
  return typeof payload === 'string' && isJsonText(payload) ? payload : JSON.stringify(payload);
}

function isJsonText(candidate: string): boolean {
  try {
    JSON.parse(candidate);
    return true;
  } catch {
    return false;
  }
}

function clientContext(task: TaskAssignment): string {
  const { traceparent, tracestate } = task.trace ?? {};
  const custom = {
    'knhk-idempotency-key': task.idempotencyKey,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
  return base64(JSON.stringify({ custom }));
}

/** The API takes base64, which is what a text is expected to be already. */
function encodedContext(context: Json): string {
  return typeof context === 'string' ? context : base64(JSON.stringify(context));
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function base64(plain: string): string {
  return Buffer.from(plain).toString('base64');
}

function utf8(plain: string): Uint8Array {
  return Buffer.from(plain);
}
