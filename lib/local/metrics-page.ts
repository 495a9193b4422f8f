import { PrometheusMetrics } from '../adapters/system/index.ts';
import type { Origin } from '../api/auth/authenticator.ts';
import { identify } from '../api/auth/guard.ts';
import { respondProblem } from '../api/rest/problem.ts';
import type { Services } from '../api/services.ts';

export function isScrape(request: Request): boolean {
  return request.method === 'GET' && new URL(request.url).pathname === '/metrics';
}

/** The figures of this process. Where callers are asked who they are, for those that may read about the whole engine: names of all workflows are in it. */
export async function answerScrape(
  services: Services,
  metrics: PrometheusMetrics,
  request: Request,
  origin: Origin = {},
): Promise<Response> {
  try {
    const visit = await identify(services, request, origin);
    const demands = [{ action: 'engine:read', on: 'unknown' }] as const;
    const text = await visit.perform(services, { name: 'readMetrics', demands }, async () => metrics.text());
    return new Response(text, { headers: { 'content-type': PrometheusMetrics.contentType } });
  } catch (error) {
    return respondProblem(services, error instanceof Error ? error : new Error(String(error)));
  }
}
