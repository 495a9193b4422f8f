import { readFileSync } from 'node:fs';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { EVENT_TABLE, STATE_TABLE, type TableSchema } from '../../lib/adapters/aws/tables.ts';
import { KnhkStack } from '../../lib/infra/stack.ts';
import { resourceOf, resourcesOf, templateOf, testApp } from './synthesis.ts';

const stack = new KnhkStack(testApp({ bundled: false }), 'Knhk');
const template = Template.fromStack(stack);
const json = templateOf(stack);

describe('the API', () => {
  it('asks for a signature on every route, and has no others', () => {
    const routes = resourcesOf(json, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
    expect(routes.map((route) => route['AuthorizationType'])).toEqual(routes.map(() => 'AWS_IAM'));
    expect(routes.map((route) => route['RouteKey']).sort()).toEqual([
      'ANY /v1/{proxy+}',
      'GET /health',
      'GET /openapi.json',
      'POST /',
      'POST /knhk.v1.EventService/{method}',
      'POST /knhk.v1.ExecutionService/{method}',
      'POST /knhk.v1.WorkItemService/{method}',
      'POST /knhk.v1.WorkflowService/{method}',
    ]);
  });

  it('has throttling and an access log that is not kept for ever', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 },
      AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.stringLikeRegexp('"requestId"') },
    });
  });
});

describe('the functions', () => {
  const functions = resourcesOf(json, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties);

  it('are three, on arm64 and Node 24, traced, with a log group of their own', () => {
    expect(functions).toHaveLength(3);
    for (const properties of functions) {
      expect(properties).toMatchObject({
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.stringMatching(/Log/) } },
      });
    }
  });

  it('keep their logs for a month', () => {
    const groups = resourcesOf(json, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties['RetentionInDays']);
    expect(groups).toEqual([30, 30, 30, 30]);
  });

  it('find in their environment every variable that they require', async () => {
    const { readEnvironment } = await import('../../functions/environment.ts');
    for (const { Environment } of functions) {
      const { Variables } = Environment as { Variables: Record<string, unknown> };
      const deployed = Object.entries(Variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : 'deployed',
      ]);
      const environment = readEnvironment({ AWS_REGION: 'eu-west-1', ...Object.fromEntries(deployed) });
      expect(environment).toMatchObject({ logRetentionDays: 90, leaseSeconds: 60, endpoints: {} });
    }
  });
});

describe('the executor', () => {
  it('takes work in batches of ten, gives back single messages, and is limited by its event source', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 100 },
    });
    expect(resourceOf(json, 'AWS::Lambda::Function', 'Executor').Properties).not.toHaveProperty(
      'ReservedConcurrentExecutions',
    );
  });

  it('may go on through the queue as often as it takes', () => {
    expect(resourceOf(json, 'AWS::Lambda::Function', 'Executor').Properties['RecursiveLoop']).toBe('Allow');
  });

  it('ends before its messages become visible again', () => {
    const { Timeout } = resourceOf(json, 'AWS::Lambda::Function', 'Executor').Properties;
    const { VisibilityTimeout, RedrivePolicy } = resourceOf(json, 'AWS::SQS::Queue', 'QueuesWorkF').Properties;
    expect(Timeout).toBe(900);
    expect(VisibilityTimeout).toBe(960);
    expect(RedrivePolicy).toMatchObject({ maxReceiveCount: 10 });
  });
});

describe('the projector', () => {
  it('follows the inserts of the event table, and isolates a record that it cannot handle', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Events'), 'StreamArn'] },
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('Projection'), 'Arn'] } },
      },
    });
  });

  it('is called once a minute to sweep', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      Targets: [
        Match.objectLike({
          Input: '{"sweep":true}',
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Projector'), 'Arn'] },
        }),
      ],
    });
  });
});

describe('the storage', () => {
  it.each<[string, TableSchema]>([
    ['Events', EVENT_TABLE],
    ['State', STATE_TABLE],
  ])('table %s has the layout of the adapters, is encrypted, recoverable, on demand, and stays', (id, schema) => {
    const table = resourceOf(json, 'AWS::DynamoDB::Table', id);
    expect(table.DeletionPolicy).toBe('Retain');
    expect(table.Properties).toEqual({
      AttributeDefinitions: [
        { AttributeName: schema.partitionKey, AttributeType: 'S' },
        { AttributeName: schema.sortKey, AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: schema.partitionKey, KeyType: 'HASH' },
        { AttributeName: schema.sortKey, KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: schema.ttlAttribute, Enabled: true },
      ...(schema.stream ? { StreamSpecification: { StreamViewType: schema.stream } } : {}),
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
  });

  it('keeps payloads encrypted, private, off plain HTTP, and not dearer than needed', () => {
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: Match.anyValue(),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Status: 'Enabled' })]) },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });
});

describe('the alarms', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  );
  const named = resourcesOf(json, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
    const [, section] = /See docs\/runbook\.md#(\S+)$/.exec(String(Properties['AlarmDescription'])) ?? [];
    return section;
  });

  it('each name a section of the runbook, and each section has its alarm', () => {
    expect(named.length).toBeGreaterThan(0);
    expect(named.toSorted()).toEqual(sections.toSorted());
  });

  it('watch the rule that sweeps', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/Events',
      Dimensions: [{ Name: 'RuleName', Value: { Ref: Match.stringLikeRegexp('Sweep') } }],
      TreatMissingData: 'breaching',
    });
  });
});
