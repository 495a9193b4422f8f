import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Origin } from '../auth/authenticator.ts';
import { identify } from '../auth/guard.ts';
import { ApiError } from '../errors.ts';
import { quotaFields } from '../quota-fields.ts';
import type { Services } from '../services.ts';
import { traced } from '../tracing.ts';
import { archiveRoutes } from './archive-routes.ts';
import { breakerRoutes } from './breaker-routes.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { executionRoutes } from './execution-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { listRoutes } from './list-routes.ts';
import { mapRunRoutes } from './map-run-routes.ts';
import { openApiDocument } from './openapi.ts';
import { perform } from './operation.ts';
import { participantRoutes } from './participant-routes.ts';
import { patternRoutes } from './pattern-routes.ts';
import { poolRoutes } from './pool-routes.ts';
import { respondProblem } from './problem.ts';
import { provenanceRoutes } from './provenance-routes.ts';
import { rateLimitRoutes } from './rate-limit-routes.ts';
import type { Reply, Route } from './route.ts';
import { activityRoutes, taskRoutes } from './task-routes.ts';
import { testStateRoutes } from './test-state-routes.ts';
import { versionRoutes } from './version-routes.ts';
import { workItemRoutes } from './work-item-routes.ts';
import { workflowRoutes } from './workflow-routes.ts';

export const restRoutes: readonly Route[] = [
  ...workflowRoutes,
  ...versionRoutes,
  ...listRoutes,
  ...executionRoutes,
  ...eventRoutes,
  ...workItemRoutes,
  ...participantRoutes,
  ...mapRunRoutes,
  ...taskRoutes,
  ...activityRoutes,
  ...testStateRoutes,
  ...patternRoutes,
  ...breakerRoutes,
  ...poolRoutes,
  ...rateLimitRoutes,
  ...deadLetterRoutes,
  ...provenanceRoutes,
  ...archiveRoutes,
  ...keyRoutes,
];

/** What comes with a request beside itself. */
export interface Bindings {
  readonly Bindings: { readonly origin: Origin };
}

/** The REST face: its routes, their description at `/openapi.json`, `/health`, and problem details for everything else. */
export function restFace(services: Services): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const document = openApiDocument(restRoutes);
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/openapi.json', (context) => context.json(document));
  app.use('/v1/*', bodyLimit({ maxSize: services.policy.maxBodyBytes, onError: () => respondTooLarge(services) }));
  for (const route of restRoutes) {
    app.on(route.method, honoPath(route.path), (context) => answer(services, route, context));
  }
  for (const path of new Set(restRoutes.map((route) => route.path))) {
    app.all(honoPath(path), () => respondMethodNotAllowed(services, path));
  }
  app.notFound((context) => {
    const message = `Look at /openapi.json for what there is: nothing is at ${context.req.path}.`;
    return respondProblem(services, new ApiError('routeNotFound', context.req.path, message));
  });
  app.onError((error) => respondProblem(services, error));
  return app;
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function answer(services: Services, route: Route, { req, env }: Context<Bindings>): Promise<Response> {
  const visit = await identify(services, req.raw, env.origin);
  const request = {
    params: req.param(),
    query: req.query(),
    body: route.body === undefined ? undefined : await readBody(req.raw),
  };
  try {
    const reply = await perform(traced(services, req.raw.headers), visit, route, request);
    return respond({ ...reply, headers: { ...reply.headers, ...quotaFields(visit.quotas ?? []) } });
  } catch (error) {
    return respondProblem(services, error, quotaFields(visit.quotas ?? [], error));
  }
}

function respond({ status, body, headers }: Reply): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...headers } });
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'content-type': 'application/json' } });
}

/**
 * The body must say that it is JSON: a web page of another origin cannot say so without asking first, and shall not
 * start executions on the machine of whoever looks at it.
 */
async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === '') return {};
  const type = request.headers.get('content-type') ?? 'nothing';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new ApiError('bodyTypeInvalid', type, `Send the body as application/json; its content type is ${type}.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ApiError('bodyInvalid', problem, `Send JSON: ${problem}.`);
  }
}

function respondTooLarge(services: Services): Response {
  const message = `Send at most ${services.policy.maxBodyBytes} bytes in one request.`;
  return respondProblem(services, new ApiError('tooLarge', 'body', message));
}

function respondMethodNotAllowed(services: Services, path: string): Response {
  const allowed = restRoutes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  const error = new ApiError('methodNotAllowed', path, `Use one of: ${allowed.join(', ')}.`);
  return respondProblem(services, error, { allow: allowed.join(', ') });
}
