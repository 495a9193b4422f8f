import { bodyLimit } from 'hono/body-limit';
import type { Origin } from './auth/authenticator.ts';
import { ApiError } from './errors.ts';
import { RpcFace } from './grpc/face.ts';
import { RequestLimiter } from './request-limiter.ts';
import { restFace } from './rest/face.ts';
import type { Services } from './services.ts';
import { answerStepFunctions, respondError } from './step-functions/face.ts';

export { withCors } from './cors.ts';
export { type ApiPolicy, lambdaPolicy, localPolicy, type Services } from './services.ts';
export { deliverEvent } from './use-cases/correlation.ts';
export { startOnce } from './use-cases/executions.ts';

/** Answers requests, whatever runtime they come from. */
export interface Api {
  /** @param origin what the runtime knows of the request. */
  fetch(request: Request, origin?: Origin): Promise<Response>;
  /** Its services, for what carries gRPC; `fetch` answers gRPC-Web and Connect. */
  readonly rpc: RpcFace;
}

/** All faces of the engine: Step Functions' protocol at `POST /`, services under their names, REST everywhere else. */
export function createApi(given: Services): Api {
  const services = withLimiter(given);
  const { maxBodyBytes } = services.policy;
  const tooLarge = () => new ApiError('tooLarge', 'body', `Send at most ${maxBodyBytes} bytes in one request.`);
  const app = restFace(services);
  app.post('/', bodyLimit({ maxSize: maxBodyBytes, onError: () => respondError(services, tooLarge()) }), (context) =>
    answerStepFunctions(services, context.req.raw, context.env.origin),
  );
  const rpc = new RpcFace(services);
  rpc.mountOn(app);
  return { rpc, fetch: async (request, origin = {}) => app.fetch(request, { origin }) };
}

function withLimiter(services: Services): Services {
  const { rates, clock, telemetry, limiter } = services;
  if (rates === undefined || limiter !== undefined) return services;
  return { ...services, limiter: new RequestLimiter({ ...rates, clock, telemetry }) };
}
