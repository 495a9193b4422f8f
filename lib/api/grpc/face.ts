import type { DescMethod, DescMethodUnary } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
  createContextValues,
} from '@connectrpc/connect';
import { universalServerRequestFromFetch, universalServerResponseToFetch } from '@connectrpc/connect/protocol';
import type { Hono } from 'hono';
import type { Origin } from '../auth/authenticator.ts';
import { identify, type Visit } from '../auth/guard.ts';
import { type Bindings, restRoutes } from '../rest/face.ts';
import type { Services } from '../services.ts';
import { MAX_NESTING, unary, visitKey } from './call.ts';
import { CODE_TRAILER } from './errors.ts';
import { Health } from './gen/health_pb.ts';
import {
  EventService,
  ExecutionService,
  MapRunService,
  TaskService,
  VersionService,
  WorkflowService,
  WorkItemService,
} from './gen/knhk_pb.ts';
import { checkHealth } from './health.ts';
import { historyStream } from './history-stream.ts';

export const SERVICES = [
  WorkflowService,
  VersionService,
  ExecutionService,
  MapRunService,
  WorkItemService,
  EventService,
  TaskService,
] as const;

/** The engine as services: gRPC where there is HTTP/2, gRPC-Web and Connect everywhere. */
export class RpcFace {
  readonly options: ConnectRouterOptions;
  readonly #services: Services;
  readonly #stopping = new AbortController();

  constructor(services: Services) {
    this.#services = services;
    const nesting = { recursionLimit: MAX_NESTING };
    this.options = {
      readMaxBytes: services.policy.maxMessageBytes,
      // As in REST, a misspelt field is a fault.
      jsonOptions: { ...nesting, ignoreUnknownFields: false },
      // Kept ones are an object each, of two bytes on the way: nobody asks for them.
      binaryOptions: { ...nesting, readUnknownFields: false },
      shutdownSignal: this.#stopping.signal,
    };
  }

  /** Ends the calls that are under way. */
  stop(): void {
    const message = 'The engine is stopping. Try again once it has been started again.';
    this.#stopping.abort(new ConnectError(message, Code.Unavailable, { [CODE_TRAILER]: 'Knhk.Unavailable' }));
  }

  /** For the router of whatever carries the calls; that has to give each of them `contextOf` its request. */
  readonly routes = (router: ConnectRouter): void => {
    for (const { methods } of SERVICES) {
      for (const method of methods) {
        const route = restRoutes.find(({ operationId }) => operationId === method.localName);
        if (isUnary(method) && route !== undefined) {
          router.rpc(method, unary(this.#services, method, route));
        }
      }
    }
    router.rpc(ExecutionService.method.streamHistory, historyStream(this.#services));
    router.rpc(Health.method.check, checkHealth(SERVICES.map(({ typeName }) => typeName)));
  };

  /** Asks who calls. @param request needs no body where that is read elsewhere: no credentials of calls are in it. */
  contextOf(request: Request, origin: Origin): ContextValues {
    return isProbe(request) ? createContextValues() : withVisit(identify(this.#services, request, origin));
  }

  /** Gives the application all that HTTP/1.1 can carry. */
  mountOn(app: Hono<Bindings>): void {
    const router = createConnectRouter({ ...this.options, grpc: false });
    this.routes(router);
    for (const handler of router.handlers) {
      app.all(handler.requestPath, async ({ req: { raw }, env: { origin } }) => {
        const contextValues = this.contextOf(raw, origin);
        // A signature covers the body: it has to be read before the handler takes it away.
        await contextValues.get(visitKey)?.catch(() => {});
        const request = universalServerRequestFromFetch(raw, { httpVersion: '1.1' });
        return universalServerResponseToFetch(await handler({ ...request, contextValues }));
      });
    }
  }
}

function isProbe({ url }: Request): boolean {
  return new URL(url).pathname.startsWith(`/${Health.typeName}/`);
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}

function withVisit(visit: Promise<Visit>): ContextValues {
  // Whoever is refused before anybody asks for it has been answered already.
  visit.catch(() => {});
  return createContextValues().set(visitKey, visit);
}
