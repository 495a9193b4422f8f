import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createApi, deliverEvent, lambdaPolicy, type Services, startOnce } from '../../lib/api/index.ts';
import { load } from '../../lib/execution/definitions.ts';
import { readEnvironment } from '../environment.ts';
import type { DeliverEvent, StartEvent } from '../events.ts';
import { flushMetrics, openMetrics } from '../metrics.ts';
import { powertoolsTelemetry } from '../telemetry.ts';
import { wireEngine } from '../wiring.ts';
import { wireGuard } from './authentication.ts';
import { originOf, toRequest, toResult } from './http-event.ts';

const logger = new Logger();
const metrics = openMetrics(process.env);
const telemetry = powertoolsTelemetry(logger, metrics);
const environment = readEnvironment(process.env);
const { partition, region, account } = environment;
const wired = wireEngine(environment, telemetry);
const services: Services = {
  ...wired,
  ...wireGuard(environment, telemetry, wired),
  place: { partition, region, account },
  loadDefinition: load,
  telemetry,
  policy: lambdaPolicy,
};
const api = createApi(services);

/** Answers the HTTP API, and starts an execution for each event of a rule, or sends the event to one that waits for it. */
export const handler = middy(
  async (event: APIGatewayProxyEventV2 | DeliverEvent | StartEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    if ('knhk' in event) {
      if (event.knhk === 'start') await startOnce(services, event);
      else await deliverEvent(services, event);
      return { statusCode: 204 };
    }
    return toResult(await api.fetch(toRequest(event), originOf(event)));
  },
)
  .use(captureLambdaHandler(new Tracer(), { captureResponse: false }))
  .use(injectLambdaContext(logger))
  .use(flushMetrics(metrics));
