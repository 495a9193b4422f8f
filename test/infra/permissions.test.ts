import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { inboxPartition } from '../../lib/adapters/aws/keys.ts';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { InvalidEngineProps } from '../../lib/infra/engine-props.ts';
import { type Permission, permissionsOf } from './policies.ts';
import { templateOf, testApp } from './synthesis.ts';

const stack = new Stack(testApp({ bundled: false }), 'Shop');
const orders = new Bucket(stack, 'Orders');
const results = new Bucket(stack, 'Results', { encryptionKey: new Key(stack, 'ResultsKey') });
const engine = new KnhkEngine(stack, 'Engine', {
  assumableRoles: ['arn:aws:iam::111122223333:role/tasks'],
  mapSources: [{ bucket: orders, prefix: 'in/' }],
  mapTargets: [{ bucket: results }],
});
const charge = new LambdaFunction(stack, 'Charge', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline('exports.handler = async () => 1'),
});
engine.grantInvoke(charge);
engine.grantInvoke(charge.addAlias('live'));
const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
engine.grantCall(caller);
const json = templateOf(stack);

/** `action → resources`, the logical ids without their hashes. */
function summary(permissions: readonly Permission[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const { action, resource } of permissions) {
    const name = resource.replace(/^Engine(Storage|Queues|Timers)?/, '').replace(/[0-9A-F]{8}(?=$|\/)/, '');
    result[action] = [...(result[action] ?? []), name].sort();
  }
  return result;
}

const LOG = { 'logs:CreateLogStream': expect.anything(), 'logs:PutLogEvents': expect.anything() };
const TRACE = { 'xray:PutTelemetryRecords': ['*'], 'xray:PutTraceSegments': ['*'] };
const STATE = {
  'dynamodb:BatchGetItem': ['State'],
  'dynamodb:UpdateItem': ['State'],
};

describe('what the functions may do', () => {
  it('never names a wildcard as an action, nor as a resource where one can be named', () => {
    const all = permissionsOf(json, '');
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ action }) => action.includes('*'))).toEqual([]);
    const everywhere = all.filter(({ resource }) => resource === '*').map(({ action }) => action);
    expect([...new Set(everywhere)].sort()).toEqual([
      'dynamodb:ListStreams',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('api: writes facts and commits, changes records, sends work', () => {
    expect(summary(permissionsOf(json, 'EngineApi'))).toEqual({
      ...LOG,
      ...TRACE,
      ...STATE,
      'dynamodb:BatchWriteItem': ['State'],
      'dynamodb:DeleteItem': ['State'],
      'dynamodb:GetItem': ['Events', 'State'],
      'dynamodb:PutItem': ['Events', 'State'],
      'dynamodb:Query': ['Events', 'State'],
      'dynamodb:Scan': ['Events'],
      's3:DeleteObject': ['Blobs/*'],
      's3:GetObject': ['Blobs/*'],
      's3:ListBucket': ['Blobs'],
      's3:PutObject': ['Blobs/*'],
      'sqs:GetQueueAttributes': ['UndeliveredEvents'],
      'sqs:GetQueueUrl': ['UndeliveredEvents'],
      'sqs:SendMessage': ['UndeliveredEvents', 'Work'],
    });
  });

  it('executor: also takes work, clears inboxes, sets timers, and invokes what it was granted', () => {
    expect(summary(permissionsOf(json, 'EngineExecutor'))).toEqual({
      ...LOG,
      ...TRACE,
      ...STATE,
      'dynamodb:BatchWriteItem': ['Events', 'State'],
      'dynamodb:DeleteItem': ['Events', 'State'],
      'dynamodb:GetItem': ['Events', 'State'],
      'dynamodb:PutItem': ['Events', 'State'],
      'dynamodb:Query': ['Events', 'State'],
      'iam:PassRole': ['Role'],
      'kms:GenerateDataKey': ['ResultsKey'],
      'lambda:InvokeFunction': [expect.stringMatching(/^Charge$/), expect.stringMatching(/^ChargeAliaslive/)],
      's3:GetObject': ['Blobs/*', expect.stringMatching(/^Orders.*\/in\/\*$/)],
      's3:GetObjectVersion': [expect.stringMatching(/^Orders.*\/in\/\*$/)],
      's3:ListBucket': ['Blobs', 'Orders'],
      's3:PutObject': ['Blobs/*', expect.stringMatching(/^Results.*\/\*$/)],
      'scheduler:CreateSchedule': [expect.stringMatching(/:schedule\/[^*]+\/\*$/)],
      'scheduler:GetSchedule': [expect.stringMatching(/:schedule\/[^*]+\/\*$/)],
      'scheduler:UpdateSchedule': [expect.stringMatching(/:schedule\/[^*]+\/\*$/)],
      'sqs:ChangeMessageVisibility': ['Work'],
      'sqs:DeleteMessage': ['Work'],
      'sqs:GetQueueAttributes': ['Work'],
      'sqs:GetQueueUrl': ['Work'],
      'sqs:ReceiveMessage': ['Work'],
      'sqs:SendMessage': ['Work'],
      'sts:AssumeRole': ['arn:aws:iam::111122223333:role/tasks'],
    });
  });

  it('executor: lists of a bucket only what begins with its prefix', () => {
    const [listing, ...others] = permissionsOf(json, 'EngineExecutor').filter(
      ({ action, resource }) => action === 's3:ListBucket' && resource.startsWith('Orders'),
    );
    expect(others).toEqual([]);
    expect(listing?.condition).toEqual({ StringLike: { 's3:prefix': ['in/*'] } });
  });

  it('projector: reads the log and its stream, writes the read models, sends work', () => {
    expect(summary(permissionsOf(json, 'EngineProjector'))).toEqual({
      ...LOG,
      ...TRACE,
      ...STATE,
      'dynamodb:BatchWriteItem': ['State'],
      'dynamodb:DeleteItem': ['State'],
      'dynamodb:DescribeStream': ['Events'],
      'dynamodb:GetItem': ['Events', 'State'],
      'dynamodb:GetRecords': ['Events'],
      'dynamodb:GetShardIterator': ['Events'],
      'dynamodb:ListStreams': ['*'],
      'dynamodb:PutItem': ['State'],
      'dynamodb:Query': ['Events', 'State'],
      'sqs:GetQueueAttributes': ['ProjectionDeadLetters'],
      'sqs:GetQueueUrl': ['ProjectionDeadLetters'],
      'sqs:SendMessage': ['ProjectionDeadLetters', 'Work'],
    });
  });

  it('lets nobody change or delete a commit: deleting is for inboxes only', () => {
    const destructive = permissionsOf(json, '').filter(
      ({ action, resource }) =>
        /(Update|Delete|BatchWrite)Item$/.test(action) && resource.startsWith('EngineStorageEvents'),
    );
    expect(destructive.map(({ action, condition }) => ({ action, condition }))).toEqual(
      ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'].map((action) => ({
        action,
        condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [inboxPartition('*')] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      })),
    );
  });

  it('lets schedules send to the work queue and nothing else', () => {
    expect(summary(permissionsOf(json, 'TimersRole'))).toEqual({ 'sqs:SendMessage': ['Work'] });
  });

  it('lets a caller call this API', () => {
    const [permission, ...others] = permissionsOf(json, 'Caller');
    expect(others).toEqual([]);
    expect(permission?.action).toBe('execute-api:Invoke');
    expect(permission?.resource).toMatch(/EngineFrontDoorApi[0-9A-F]{8}\/\$default\/\*\/\*$/);
  });
});

describe('properties outside their bounds', () => {
  it.each([
    { logRetentionDays: 0 },
    { logRetentionDays: 1.5 },
    { leaseSeconds: 901 },
    { executorConcurrency: 1 },
    { mapSources: [{ bucket: orders, prefix: '/in' }] },
    { mapTargets: [{ bucket: results, prefix: '*' }] },
    { assumableRoles: ['*'] },
    { assumableRoles: ['arn:aws:iam::111122223333:role/*'] },
  ])('%j', (props) => {
    expect(() => new KnhkEngine(new Stack(new App(), 'S'), 'Engine', props)).toThrow(InvalidEngineProps);
  });
});
