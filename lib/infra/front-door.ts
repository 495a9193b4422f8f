import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { asksItself } from './authentication.ts';
import type { EngineSettings } from './engine-props.ts';

/** Everything that the API answers. A path that is not here does not reach the function. */
const ROUTES = [
  { path: '/openapi.json', methods: [HttpMethod.GET] },
  { path: '/health', methods: [HttpMethod.GET] },
];

/** Those of lib/api/grpc/proto/knhk.proto. */
const SERVICES = ['WorkflowService', 'ExecutionService', 'WorkItemService', 'EventService'];

/** Where the function itself can ask who calls. */
const CALLED = [
  { path: '/', methods: [HttpMethod.POST] },
  { path: '/v1/{proxy+}', methods: [HttpMethod.ANY] },
  ...SERVICES.map((service) => ({ path: `/knhk.v1.${service}/{method}`, methods: [HttpMethod.POST] })),
];

/** Who issues keys is for IAM to say, whatever else opens the API: without that, nobody could issue the first one. */
const KEYS = ['/v1/api-keys', '/v1/access-keys'].flatMap((path) => [
  { path, methods: [HttpMethod.ANY] },
  { path: `${path}/{proxy+}`, methods: [HttpMethod.ANY] },
]);

/**
 * The HTTP API: signed requests only (Signature Version 4, service `execute-api`), on every route, from principals that
 * may `execute-api:Invoke` it; or, where `authentication` is set, the function asks who calls, but for routes of keys.
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
      ...(settings.corsOrigins.length === 0 ? {} : { corsPreflight: corsOf(settings.corsOrigins) }),
      // Applies to routes that are added from outside, too.
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Handler', handler, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    const asks = asksItself(settings.authentication);
    const authorized = asks ? [...ROUTES, ...KEYS] : [...CALLED, ...ROUTES];
    for (const route of authorized) this.api.addRoutes({ ...route, integration });
    for (const route of asks ? CALLED : []) this.addOpenRoute(route, integration);
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

  private addOpenRoute(route: (typeof CALLED)[number], integration: HttpLambdaIntegration): void {
    const reason =
      'The function asks for a token, an API key or a signature, checks what the caller may do, and refuses everything else.';
    for (const added of this.api.addRoutes({ ...route, integration, authorizer: new HttpNoneAuthorizer() })) {
      Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason });
    }
  }
}

/** For browsers; never with cookies. */
function corsOf(origins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: [
      CorsHttpMethod.GET,
      CorsHttpMethod.POST,
      CorsHttpMethod.PUT,
      CorsHttpMethod.PATCH,
      CorsHttpMethod.DELETE,
    ],
    allowHeaders: [
      ...['authorization', 'content-type', 'x-api-key', 'x-amz-target', 'x-amz-date', 'x-amz-user-agent'],
      ...['connect-protocol-version', 'connect-timeout-ms', 'grpc-timeout', 'x-grpc-web', 'x-user-agent'],
    ],
    exposeHeaders: [
      ...['location', 'retry-after', 'x-amzn-requestid'],
      ...['grpc-status', 'grpc-message', 'grpc-status-details-bin', 'knhk-code'],
    ],
    maxAge: Duration.minutes(10),
  };
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
