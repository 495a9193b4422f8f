import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { checkUrl, type HttpPolicy, resolveHost } from './policy.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: NodeJS.Dict<readonly string[]>;
  readonly body: Uint8Array;
}

/** The answer has more bytes than a task may take. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
  readonly code = 'Knhk.HttpAnswerTooLarge';
}

/**
 * One request, to an address that the policy allows, and to no other: the connection is made to what the check has seen.
 * Redirects are not followed. @throws CallRefused, AnswerTooLarge, or what the connection failed with
 */
export async function exchange(
  { url, method, headers, body }: HttpRequest,
  policy: HttpPolicy,
  maxBytes: number,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { isTrusted } = checkUrl(url, policy);
  const addresses = await resolveHost(url, isTrusted);
  signal.throwIfAborted();
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      method,
      headers: Object.fromEntries(headers),
      lookup: pinned(addresses),
      // A connection that is kept was made to an address that was checked then.
      agent: false as const,
      signal,
    };
    const request = send(url, options, resolve);
    request.on('error', reject);
    request.end(body);
  });
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: response.headersDistinct,
    body: await bounded(response, maxBytes),
  };
}

/** Answers whatever is asked with the addresses that were checked. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all === true) return callback(null, [...addresses]);
    const [first] = addresses;
    if (first === undefined) callback(Object.assign(new Error('The host has no address.'), { code: 'ENOTFOUND' }), '');
    else callback(null, first.address, first.family);
  };
}

async function bounded(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) response.destroy(new AnswerTooLarge(`The answer has more than ${maxBytes} bytes.`));
  });
  return buffer(response);
}
