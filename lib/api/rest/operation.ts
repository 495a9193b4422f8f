import type { Visit } from '../auth/guard.ts';
import { restDemands } from '../auth/rest-demands.ts';
import type { Services } from '../services.ts';
import type { Reply, Route } from './route.ts';

/** What an operation is called with, before its schemas have looked at it. */
export interface OperationRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; an empty body is an empty object. */
  readonly body: unknown;
}

/** Runs the operation of a route for whoever calls, if they may. @throws ApiError */
export function perform(services: Services, visit: Visit, route: Route, request: OperationRequest): Promise<Reply> {
  const { operationId: name } = route;
  const operation = { name, demands: restDemands.get(name)?.(request) ?? [] };
  return visit.perform(services, operation, (known) => route.answer(known, request));
}
