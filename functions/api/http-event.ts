import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import type { Origin } from '../../lib/api/auth/authenticator.ts';

/** Part of the event where the route has an IAM authorizer, and only there: API Gateway itself writes it. */
const authorized = z.object({
  requestContext: z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string(), accessKey: z.string() }) }) }),
});

/** What API Gateway knows of a request. */
export function originOf(event: APIGatewayProxyEventV2): Origin {
  const { requestId, http } = event.requestContext;
  const { data } = authorized.safeParse(event);
  const known = { requestId, address: http.sourceIp };
  return data === undefined ? known : { ...known, iam: data.requestContext.authorizer.iam };
}

/** The request that an HTTP API hands to a function (payload format 2.0). */
export function toRequest(event: APIGatewayProxyEventV2): Request {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = event;
  const { method } = requestContext.http;
  const url = new URL(`https://${requestContext.domainName}${rawPath}`);
  url.search = rawQueryString;
  const content = body === undefined ? null : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(url, { method, headers: given(headers), body: hasBody ? content : null });
}

function given(headers: APIGatewayProxyEventV2['headers']): Headers {
  const present = new Headers();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) present.set(name, value);
  return present;
}

/** What has bytes that are no text: messages of Protobuf, and streams of messages, whatever is in them. */
const BINARY = /^application\/(?:connect|grpc|proto)/;

export async function toResult(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  const { status, headers } = response;
  const isBase64Encoded = BINARY.test(headers.get('content-type') ?? '');
  return {
    statusCode: status,
    headers: Object.fromEntries(headers),
    body: isBase64Encoded ? Buffer.from(await response.arrayBuffer()).toString('base64') : await response.text(),
    isBase64Encoded,
  };
}
