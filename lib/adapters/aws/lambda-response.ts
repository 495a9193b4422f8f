import type { InvocationResponse } from '@aws-sdk/client-lambda';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { TaskFailure } from './lambda-failure.ts';

export interface HttpAnswer {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The output of a `lambda:invoke` task, in the form that Step Functions gives to answers of the Invoke API. */
export function invokeResponse(response: InvocationResponse, payload: string, http: HttpAnswer): JsonObject {
  const headers = Object.entries(http.headers).map(([name, value]) => [headerName(name), value] as const);
  return {
    ...(response.ExecutedVersion === undefined ? {} : { ExecutedVersion: response.ExecutedVersion }),
    ...(response.LogResult === undefined ? {} : { LogResult: response.LogResult }),
    Payload: payload === '' ? '' : payloadValue(payload),
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(headers.map(([name, value]) => [name, [value]])),
      HttpHeaders: Object.fromEntries(headers),
      HttpStatusCode: http.statusCode,
    },
    SdkResponseMetadata: { RequestId: http.headers['x-amzn-requestid'] ?? '' },
    StatusCode: response.StatusCode ?? http.statusCode,
  };
}

/** The value that a function returned. Runtimes may answer with what is not JSON: that is taken as a text. */
export function payloadValue(payload: string): Json {
  if (payload === '') return null;
  try {
    // `JSON.parse` gives nothing but JSON values.
    return JSON.parse(payload) as Json;
  } catch {
    return payload;
  }
}

/** Error and cause of a function that failed; `payload` is its error object. */
export function functionError(payload: string): TaskFailure {
  const value = payloadValue(payload);
  const type = isJsonObject(value) ? value['errorType'] : undefined;
  if (typeof type === 'string' && type !== '') return { error: type, cause: payload };
  return {
    error: 'Lambda.Unknown',
    cause: `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  };
}

/** Node gives header names in lower case; in Step Functions' answers they stand as Lambda wrote them. */
const HEADER_NAMES: Readonly<Record<string, string>> = {
  'x-amzn-remapped-content-length': 'x-amzn-Remapped-Content-Length',
  'x-amzn-requestid': 'x-amzn-RequestId',
};

function headerName(lowerCase: string): string {
  return HEADER_NAMES[lowerCase] ?? lowerCase.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
