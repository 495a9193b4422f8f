import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, type RecursiveLoop, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { EndpointVariable, OptionalVariable, RequiredVariable } from '../../functions/environment.ts';
import type { EngineSettings } from './engine-props.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Every variable that a function reads, but for those that Lambda sets itself or only tests set. */
export type FunctionEnvironment = Readonly<
  Record<Exclude<RequiredVariable, 'AWS_REGION'> | OptionalVariable, string> & Partial<Record<EndpointVariable, never>>
>;

export interface EngineFunctionProps {
  readonly name: 'api' | 'executor' | 'projector';
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: FunctionEnvironment;
  readonly settings: EngineSettings;
  /** Has the pipeline, with the stages of the deployment. */
  readonly hasStages?: boolean;
  readonly recursiveLoop?: RecursiveLoop;
}

/**
 * One of the engine's functions, with a role that so far may only write its own log and its traces.
 *
 * The AWS SDK goes into the bundle, although the runtime has one: only what is used is loaded, from one file, which
 * starts faster than resolving the runtime's hundreds (three clients: 120 ms against 160 ms, on one development
 * machine), and the version that runs is the one that was tested.
 */
export class EngineFunction extends NodejsFunction {
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: EngineFunctionProps) {
    const { name, settings, environment } = props;
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: settings.functionLogRetention,
      removalPolicy: settings.removalPolicy,
    });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, id, {
      description: props.description,
      entry: `${PROJECT}functions/${name}/index.ts`,
      projectRoot: PROJECT,
      depsLockFilePath: `${PROJECT}package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: settings.memory[name],
      timeout: props.timeout,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      awsSdkConnectionReuse: false,
      environment: {
        ...environment,
        POWERTOOLS_SERVICE_NAME: `knhk-${name}`,
        ...(settings.sourceMaps ? { NODE_OPTIONS: '--enable-source-maps' } : {}),
      },
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        sourceMap: settings.sourceMaps,
        sourcesContent: false,
        externalModules: [],
        ...(props.hasStages && settings.stages !== undefined
          ? { esbuildArgs: { '--alias:#stages': resolve(settings.stages) } }
          : {}),
        // A CommonJS dependency inside an ES module needs a `require` for Node's own modules.
        banner:
          "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
      },
      ...(props.recursiveLoop ? { recursiveLoop: props.recursiveLoop } : {}),
    });
    this.executionRole = role;
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Three actions that no resource can be named for: xray:PutTraceSegments, xray:PutTelemetryRecords and, for the event source of a stream, dynamodb:ListStreams.',
    });
  }
}
