import type { Api } from './index.ts';

const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const HEADERS = [
  'authorization, content-type, x-api-key, x-amz-target, x-amz-date, x-amz-user-agent',
  'connect-protocol-version, connect-timeout-ms, grpc-timeout, x-grpc-web, x-user-agent',
].join(', ');
const EXPOSED = [
  'location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-amzn-requestid',
  'grpc-status, grpc-message, grpc-status-details-bin, knhk-code',
].join(', ');
/** How long a browser may remember what it was told, seconds. */
const MAX_AGE = '600';

/**
 * Lets pages of these origins call (CORS, Fetch Standard, 3.2); those of others a browser keeps from reading answers,
 * and from sending what they would have to ask for. Never with cookies: there are none.
 */
export function withCors(api: Pick<Api, 'fetch'>, origins: readonly string[]): Pick<Api, 'fetch'> {
  if (origins.length === 0) return api;
  const allowed = new Set(origins);
  return {
    fetch: async (request, caller) => {
      const origin = request.headers.get('origin');
      if (origin === null || !allowed.has(origin)) return api.fetch(request, caller);
      if (request.method === 'OPTIONS' && request.headers.has('access-control-request-method')) {
        return new Response(null, {
          status: 204,
          headers: {
            'access-control-allow-origin': origin,
            'access-control-allow-methods': METHODS,
            'access-control-allow-headers': HEADERS,
            'access-control-max-age': MAX_AGE,
            vary: 'origin',
          },
        });
      }
      const { status, statusText, headers, body } = await api.fetch(request, caller);
      const shown = new Headers(headers);
      shown.set('access-control-allow-origin', origin);
      shown.set('access-control-expose-headers', EXPOSED);
      shown.append('vary', 'origin');
      return new Response(body, { status, statusText, headers: shown });
    },
  };
}
