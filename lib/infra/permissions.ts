import { Stack, Token, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { EngineSettings, ExecutionLogGroup, HttpConnection, MapBucket, TaskPermission } from './engine-props.ts';
import type { Queues } from './queues.ts';
import type { Storage } from './storage.ts';
import type { Timers } from './timers.ts';

export interface Parts {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly timers: Timers;
  readonly settings: EngineSettings;
}

/** Commits are put and read, and never deleted. Puts are conditional, but for those that erase payloads. */
const LOG = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];
/** What a turn does with the facts that it has committed. */
const INBOX = ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'];
/** Partition keys of inboxes, see lib/adapters/aws/keys.ts. */
const INBOX_KEYS = '*#inbox';
const LOG_READ = ['dynamodb:GetItem', 'dynamodb:Query'];
const STATE = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

/** The API starts executions, deposits facts for them, reads all there is, also to make lists anew, and erases payloads. */
export function permitApi(role: Role, parts: Parts): void {
  permitTables(role, parts, [...LOG, 'dynamodb:Scan']);
  permitBlobs(role, parts);
  permitSending(role, parts);
  // To erase payloads.
  const objects = parts.storage.blobs.arnForObjects('*');
  role.addToPolicy(new PolicyStatement({ actions: ['s3:DeleteObject'], resources: [objects] }));
}

/**
 * The executor commits turns, and sends continuations, timers and the starts of child executions. (It may receive work
 * through its event source, and invoke what `grantInvoke` named.)
 */
export function permitExecutor(role: Role, parts: Parts): void {
  const { timers, settings } = parts;
  permitTables(role, parts, LOG);
  permitBlobs(role, parts);
  permitSending(role, parts);
  role.addToPolicy(
    new PolicyStatement({
      actions: INBOX,
      resources: [parts.storage.events.tableArn],
      // `ForAllValues` alone would also hold for a request that names no key.
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [INBOX_KEYS] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['scheduler:CreateSchedule', 'scheduler:GetSchedule', 'scheduler:UpdateSchedule'],
      resources: [timers.schedulesArn],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [timers.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  );
  if (settings.assumableRoles.length > 0) {
    role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [...settings.assumableRoles] }));
  }
  for (const source of settings.mapSources) permitMapSource(role, source);
  for (const target of settings.mapTargets) permitMapTarget(role, target);
  for (const permission of settings.taskPermissions) permitTasks(role, permission);
  permitConnections(role, settings.httpConnections);
  acknowledgeWildcard(role, timers.schedulesArn, 'The schedules of the engine’s own group; each timer makes one.');
}

function permitMapSource(role: Role, { bucket, prefix = '' }: MapBucket): void {
  const objects = bucket.arnForObjects(`${prefix}*`);
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [objects] }));
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      ...(prefix === '' ? {} : { conditions: { StringLike: { 's3:prefix': [`${prefix}*`] } } }),
    }),
  );
  permitBucketKey(role, bucket, ['kms:Decrypt']);
  acknowledgeWildcard(role, objects, 'What maps read; which keys, the definitions say.');
}

function permitMapTarget(role: Role, { bucket, prefix = '' }: MapBucket): void {
  const objects = bucket.arnForObjects(`${prefix}*`);
  role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [objects] }));
  permitBucketKey(role, bucket, ['kms:GenerateDataKey']);
  acknowledgeWildcard(role, objects, 'What maps write; each run has a folder of its own.');
}

function permitBucketKey(role: Role, { encryptionKey: key }: MapBucket['bucket'], actions: string[]): void {
  if (key !== undefined) role.addToPolicy(new PolicyStatement({ actions, resources: [key.keyArn] }));
}

/** What tasks may call besides functions. A wildcard among the resources was chosen by whoever deploys the engine. */
export function permitTasks(role: Role, { actions, resources }: TaskPermission): void {
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  for (const resource of resources) {
    if (resource.includes('*')) acknowledgeWildcard(role, resource, 'Given to taskPermissions or grantTasks as it is.');
  }
}

function permitConnections(role: Role, connections: readonly HttpConnection[]): void {
  if (connections.length === 0) return;
  const arns = connections.map(({ connectionArn }) => connectionArn);
  const secrets = connections.map(({ connectionSecretArn }) => connectionSecretArn);
  role.addToPolicy(new PolicyStatement({ actions: ['events:DescribeConnection'], resources: arns }));
  role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: secrets }));
}

/** The projector writes read models, and sends work that was left behind. (It may read the stream through its event source.) */
export function permitProjector(role: Role, parts: Parts): void {
  permitTables(role, parts, LOG_READ);
  permitSending(role, parts);
  for (const group of parts.settings.logGroups) permitLogging(role, parts, group);
}

/** What executions write to a log stands in their commits, and the large ones of those in the bucket. */
export function permitLogging(
  role: Role,
  { storage }: Pick<Parts, 'storage'>,
  { logGroupArn }: ExecutionLogGroup,
): void {
  // Both actions are on the streams of the group, which its ARN means where it ends with `:*`, as that of a LogGroup does.
  const isLiteral = !Token.isUnresolved(logGroupArn);
  const streams = isLiteral && !logGroupArn.endsWith(':*') ? `${logGroupArn}:*` : logGroupArn;
  role.addToPolicy(
    new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [streams] }),
  );
  if (isLiteral)
    acknowledgeWildcard(role, streams, 'The streams of one group; each process that writes makes its own.');
  const objects = storage.blobs.arnForObjects('*');
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [objects] }));
  acknowledgeWildcard(role, objects, 'The payloads of all executions, in a bucket that holds nothing else.');
}

function permitTables(role: Role, { storage, settings }: Parts, log: readonly string[]): void {
  role.addToPolicy(new PolicyStatement({ actions: [...log], resources: [storage.events.tableArn] }));
  role.addToPolicy(new PolicyStatement({ actions: STATE, resources: [storage.state.tableArn] }));
  // Also what reading streams and queues under a customer key needs. Named one by one: the usual grant has wildcards.
  if (settings.encryptionKey) {
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        resources: [settings.encryptionKey.keyArn],
      }),
    );
    const reason = 'KMS’s own name of a family of actions on the one key; the CDK grants it with a dead-letter queue.';
    Validations.of(role).acknowledge(
      { id: 'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]', reason },
      { id: 'AwsSolutions-IAM5[Action::kms:ReEncrypt*]', reason },
    );
  }
}

function permitBlobs(role: Role, { storage }: Parts): void {
  const objects = storage.blobs.arnForObjects('*');
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [objects] }));
  // Without it, S3 answers a read of what is not there with "access denied".
  role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [storage.blobs.bucketArn] }));
  acknowledgeWildcard(role, objects, 'The payloads of all executions, in a bucket that holds nothing else.');
}

function permitSending(role: Role, { queues }: Parts): void {
  role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queues.work.queueArn] }));
}

/** cdk-nag names a wildcard by the resource as the template spells it: `<LogicalId.Attribute>` for each reference. */
export function acknowledgeWildcard(role: Role, resource: string, reason: string): void {
  const spelled = spell(Stack.of(role).resolve(resource));
  Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${spelled}]`, reason });
}

function spell(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${String(value.Ref)}>`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return `<${value['Fn::GetAtt'].join('.')}>`;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join']) && Array.isArray(value['Fn::Join'][1])) {
    return value['Fn::Join'][1].map(spell).join('');
  }
  return JSON.stringify(value);
}
