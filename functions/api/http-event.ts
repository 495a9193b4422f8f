import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

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

export async function toResult(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}
