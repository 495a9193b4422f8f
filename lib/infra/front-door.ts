import { Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';

/** Everything that the API answers. A path that is not here does not reach the function. */
const ROUTES = [
  { path: '/', methods: [HttpMethod.POST] },
  { path: '/v1/{proxy+}', methods: [HttpMethod.ANY] },
  { path: '/openapi.json', methods: [HttpMethod.GET] },
  { path: '/health', methods: [HttpMethod.GET] },
];

/**
 * The HTTP API: signed requests only (Signature Version 4, service `execute-api`), on every route, from principals that
 * may `execute-api:Invoke` it.
 */
export class FrontDoor extends Construct {
  readonly api: HttpApi;
  /** Without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, handler: IFunction, settings: EngineSettings) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'KNHK workflow engine',
      createDefaultStage: false,
      // Applies to routes that are added from outside, too.
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Handler', handler, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const route of ROUTES) this.api.addRoutes({ ...route, integration });
    const log = new LogGroup(this, 'AccessLog', {
      retention: settings.functionLogRetention,
      removalPolicy: settings.removalPolicy,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.rate, burstLimit: settings.throttle.burst },
      accessLogSettings: { destination: new LogGroupLogDestination(log), format: accessLogFormat() },
    });
    this.url = this.api.apiEndpoint;
  }
}

/** Who called what, with what outcome; no query string, no body, no address. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      time: '$context.requestTime',
      requestId: '$context.requestId',
      caller: '$context.identity.userArn',
      route: '$context.routeKey',
      path: '$context.path',
      status: '$context.status',
      bytes: '$context.responseLength',
      latency: '$context.responseLatency',
      error: '$context.error.message',
      integrationError: '$context.integrationErrorMessage',
    }),
  );
}
