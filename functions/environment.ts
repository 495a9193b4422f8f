import type { AwsEndpoints } from '../lib/adapters/aws/clients.ts';
import { type BreakerPolicy, readBreakerPolicies } from '../lib/resilience/breaker-policy.ts';
import { type RateLimitTable, readRateLimits } from '../lib/resilience/rate-limit.ts';
import { readPoolLimits } from '../lib/resources/pools/pool-name.ts';

/**
 * The environment variables of the three Lambda functions. The names are a contract with `lib/infra`, which sets
 * them: its environment is typed by `RequiredVariable`, so a name added here and forgotten there does not compile.
 */
const REQUIRED = [
  'AWS_REGION',
  'KNHK_ACCOUNT',
  'KNHK_BLOB_BUCKET',
  'KNHK_EVENT_TABLE',
  'KNHK_LOG_RETENTION_DAYS',
  'KNHK_PARTITION',
  'KNHK_QUEUE_ARN',
  'KNHK_QUEUE_URL',
  'KNHK_SCHEDULER_ROLE_ARN',
  'KNHK_SCHEDULE_GROUP',
  'KNHK_STATE_TABLE',
] as const;

/** Variables without which a function cannot work. `AWS_REGION` is set by Lambda itself. */
export type RequiredVariable = (typeof REQUIRED)[number];

/** Variables with a default. */
export type OptionalVariable =
  | 'KNHK_ARCHIVE_BUCKET'
  | 'KNHK_ARCHIVE_HOLDS'
  | 'KNHK_ASSUMABLE_ROLES'
  | 'KNHK_AUTH'
  | 'KNHK_BREAKERS'
  | 'KNHK_POOLS'
  | 'KNHK_RATE_LIMITS'
  | 'KNHK_HTTP_ALLOW'
  | 'KNHK_KEYS_SECRET_ARN'
  | 'KNHK_LEASE_SECONDS'
  | 'KNHK_LEDGER_KEY_ARN'
  | 'KNHK_METRICS';

/** Deliveries of a work message before the queue gives it up; the executor does so itself at the last one. */
export const MAX_DELIVERIES = 10;

const DEFAULT_LEASE_SECONDS = '60';

/** Base URLs that take the place of an AWS service: for emulators in tests. Unset in the cloud. */
export type EndpointVariable =
  | 'KNHK_DYNAMODB_ENDPOINT'
  | 'KNHK_KMS_ENDPOINT'
  | 'KNHK_LAMBDA_ENDPOINT'
  | 'KNHK_LOGS_ENDPOINT'
  | 'KNHK_S3_ENDPOINT'
  | 'KNHK_SCHEDULER_ENDPOINT'
  | 'KNHK_SECRETS_ENDPOINT'
  | 'KNHK_SQS_ENDPOINT'
  | 'KNHK_STS_ENDPOINT';

export interface Environment {
  /** Region, partition and account: the parts of the ARNs that the engine gives to workflows and executions. */
  readonly region: string;
  readonly partition: string;
  readonly account: string;
  /** Table of commits. */
  readonly eventTable: string;
  /** Table of everything else: workflows, read models, tokens. */
  readonly stateTable: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly blobBucket: string;
  /** Role that EventBridge Scheduler assumes to send to the work queue. */
  readonly schedulerRoleArn: string;
  readonly scheduleGroup: string;
  /** Days that the commit log of a closed execution is kept, at least 1. */
  readonly logRetentionDays: number;
  /** Seconds that an executor owns an execution after its last commit, at least 1; 60 where it is not set. */
  readonly leaseSeconds: number;
  /** ARNs of the roles, named by workflows, that tasks may be called as; a comma between them in the variable. */
  readonly assumableRoles: readonly string[];
  /** Hosts that HTTP tasks may call, see `HttpPolicy`; a comma between them in the variable. None: all public ones. */
  readonly httpAllow: readonly string[];
  /** How callers of the API say who they are, in JSON: see `functions/api/authentication.ts`. Empty: by IAM alone. */
  readonly authentication: string;
  /** Limits of resource pools, by name; JSON in the variable. */
  readonly pools: ReadonlyMap<string, number>;
  /** Rate limits, by name; JSON in the variable. */
  readonly rateLimits: RateLimitTable;
  /** Policies of circuit breakers, by target; JSON in the variable. */
  readonly breakers: ReadonlyMap<string, BreakerPolicy>;
  /** Callers may have tenants, which do not reach each other. */
  readonly hasTenants: boolean;
  /** The secret that secrets of access keys are encrypted with. Absent: there are no access keys. */
  readonly keysSecretArn?: string;
  /** Where what has closed is archived. Absent: it is not. */
  readonly archiveBucket?: string;
  /** The engine may put what it archives under legal hold: `on` in the variable. */
  readonly archiveHolds: boolean;
  /** The key in KMS that the ledger is signed with. Absent: there is no ledger. */
  readonly ledgerKeyArn?: string;
  readonly endpoints: AwsEndpoints;
}

/** A policy of a circuit breaker as a deployment has it: what is left out has its default. */
export type BreakerSettings = Partial<BreakerPolicy>;

/** What is wrong with policies of circuit breakers, in a sentence; `undefined`: nothing. */
export function problemOfBreakers(text: string): string | undefined {
  try {
    readBreakerPolicies(JSON.parse(text));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with limits of resource pools, in a sentence; `undefined`: nothing. */
export function problemOfPools(text: string): string | undefined {
  try {
    readPoolLimits(JSON.parse(text));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with rate limits, in a sentence; `undefined`: nothing. */
export function problemOfRateLimits(text: string): string | undefined {
  try {
    readRateLimits(JSON.parse(text));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The function's configuration is incomplete or wrong: nothing can run until it is deployed again. */
export class InvalidEnvironment extends Error {
  override readonly name = 'InvalidEnvironment';
  readonly code = 'Knhk.InvalidEnvironment';
  /** The variables at fault. */
  readonly variables: readonly string[];

  constructor(variables: readonly string[], complaint: string) {
    super(`Set ${variables.join(', ')} ${complaint}: deploy the stack again, or set the environment of the test.`);
    this.variables = variables;
  }
}

/**
 * Reads and checks the environment, once per process and outside the handler, so that a wrong deployment shows in
 * the first invocation.
 * @throws InvalidEnvironment that names every variable that is missing (or empty), or not a positive integer.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const missing = REQUIRED.filter((name) => !variables[name]);
  if (missing.length > 0) throw new InvalidEnvironment(missing, 'which the function needs');
  const text = (name: RequiredVariable): string => variables[name] ?? '';
  return {
    region: text('AWS_REGION'),
    partition: text('KNHK_PARTITION'),
    account: text('KNHK_ACCOUNT'),
    eventTable: text('KNHK_EVENT_TABLE'),
    stateTable: text('KNHK_STATE_TABLE'),
    queueUrl: text('KNHK_QUEUE_URL'),
    queueArn: text('KNHK_QUEUE_ARN'),
    blobBucket: text('KNHK_BLOB_BUCKET'),
    schedulerRoleArn: text('KNHK_SCHEDULER_ROLE_ARN'),
    scheduleGroup: text('KNHK_SCHEDULE_GROUP'),
    logRetentionDays: positiveInteger('KNHK_LOG_RETENTION_DAYS', text('KNHK_LOG_RETENTION_DAYS')),
    leaseSeconds: positiveInteger('KNHK_LEASE_SECONDS', variables['KNHK_LEASE_SECONDS'] ?? DEFAULT_LEASE_SECONDS),
    assumableRoles: listed(variables['KNHK_ASSUMABLE_ROLES']),
    httpAllow: listed(variables['KNHK_HTTP_ALLOW']),
    authentication: variables['KNHK_AUTH'] ?? '',
    breakers: breakerPolicies(variables['KNHK_BREAKERS'] || '{}'),
    pools: poolLimits(variables['KNHK_POOLS'] || '{}'),
    rateLimits: rateLimits(variables['KNHK_RATE_LIMITS'] || '{}'),
    hasTenants: !['', '{}'].includes(variables['KNHK_AUTH'] ?? ''),
    ...(variables['KNHK_KEYS_SECRET_ARN'] ? { keysSecretArn: variables['KNHK_KEYS_SECRET_ARN'] } : {}),
    ...(variables['KNHK_ARCHIVE_BUCKET'] ? { archiveBucket: variables['KNHK_ARCHIVE_BUCKET'] } : {}),
    archiveHolds: variables['KNHK_ARCHIVE_HOLDS'] === 'on',
    ...(variables['KNHK_LEDGER_KEY_ARN'] ? { ledgerKeyArn: variables['KNHK_LEDGER_KEY_ARN'] } : {}),
    endpoints: {
      ...endpoint('dynamodb', variables, 'KNHK_DYNAMODB_ENDPOINT'),
      ...endpoint('kms', variables, 'KNHK_KMS_ENDPOINT'),
      ...endpoint('lambda', variables, 'KNHK_LAMBDA_ENDPOINT'),
      ...endpoint('logs', variables, 'KNHK_LOGS_ENDPOINT'),
      ...endpoint('s3', variables, 'KNHK_S3_ENDPOINT'),
      ...endpoint('scheduler', variables, 'KNHK_SCHEDULER_ENDPOINT'),
      ...endpoint('secrets', variables, 'KNHK_SECRETS_ENDPOINT'),
      ...endpoint('sqs', variables, 'KNHK_SQS_ENDPOINT'),
      ...endpoint('sts', variables, 'KNHK_STS_ENDPOINT'),
    },
  };
}

function listed(text = ''): readonly string[] {
  return text.split(',').filter((item) => item !== '');
}

function breakerPolicies(text: string): ReadonlyMap<string, BreakerPolicy> {
  const problem = problemOfBreakers(text);
  if (problem !== undefined) {
    throw new InvalidEnvironment(['KNHK_BREAKERS'], `to policies of circuit breakers (${problem})`);
  }
  return readBreakerPolicies(JSON.parse(text));
}

function poolLimits(text: string): ReadonlyMap<string, number> {
  const problem = problemOfPools(text);
  if (problem !== undefined) throw new InvalidEnvironment(['KNHK_POOLS'], `to limits of resource pools (${problem})`);
  return readPoolLimits(JSON.parse(text));
}

function rateLimits(text: string): RateLimitTable {
  const problem = problemOfRateLimits(text);
  if (problem !== undefined) throw new InvalidEnvironment(['KNHK_RATE_LIMITS'], `to rate limits (${problem})`);
  return readRateLimits(JSON.parse(text));
}

function positiveInteger(name: RequiredVariable | OptionalVariable, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidEnvironment([name], 'to a positive integer');
  return value;
}

function endpoint(
  service: keyof AwsEndpoints,
  variables: Readonly<Record<string, string | undefined>>,
  name: EndpointVariable,
): AwsEndpoints {
  const url = variables[name];
  return url ? { [service]: url } : {};
}
