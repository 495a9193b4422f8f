import { existsSync } from 'node:fs';
import { type Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type { IConnection } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
  type BreakerSettings,
  problemOfBreakers,
  problemOfPools,
  problemOfRateLimits,
} from '../../functions/environment.ts';
import { type EngineAuthentication, problemOf } from './authentication.ts';

/** Logs of closed executions, in a bucket of their own with object lock. */
export interface EngineArchive {
  /** Days that nobody deletes them, 1 to 36,500. */
  readonly retentionDays: number;
  /** `compliance`: not even the root of the account; `governance`: but for who has a right of its own. Default: `governance`. */
  readonly mode?: 'governance' | 'compliance';
  /** Lets the engine put the archives of single executions under legal hold, and lift it. Default: false. */
  readonly legalHold?: boolean;
}

export type ArchiveSettings = Required<EngineArchive>;

export type HttpConnection = Pick<IConnection, 'connectionArn' | 'connectionSecretArn'>;

export type ExecutionLogGroup = Pick<ILogGroup, 'logGroupArn'>;

/** Actions that tasks call, and on what. */
export interface TaskPermission {
  /** As in `sqs:SendMessage`. */
  readonly actions: readonly string[];
  /** Their ARNs; `*` only for actions that know no resources. */
  readonly resources: readonly string[];
}

/** Every property has a default that is safe in production. */
export interface KnhkEngineProps {
  /** Days that the commit log of a closed execution is kept: its history, its output. Default 90, at least 1. */
  readonly logRetentionDays?: number;
  /** How long CloudWatch keeps the functions' and the API's logs. Default: a month. */
  readonly functionLogRetention?: RetentionDays;
  /** What happens to tables, bucket and logs when the stack is deleted. Default: they stay, and tables resist deletion. */
  readonly removalPolicy?: RemovalPolicy;
  /** Customer key for tables, queues and bucket. Default: the keys that AWS manages, which cost nothing per month. */
  readonly encryptionKey?: IKey;
  /** Seconds that an executor owns an execution after its last commit. Default 60, 10 to 900. */
  readonly leaseSeconds?: number;
  /** Figures in the namespace KNHK of CloudWatch, by function; each metric is charged. Default true. */
  readonly metrics?: boolean;
  /** Executors that run at the same time at most. Default 100, 2 to 1,000. */
  readonly executorConcurrency?: number;
  /** Memory of each function in MB, and with it its share of the processor. Default 512, the executor 1,024. */
  readonly memory?: { readonly api?: number; readonly executor?: number; readonly projector?: number };
  /** Requests per second that the API takes, and how many at once. Default 500 and 1,000. */
  readonly throttle?: { readonly rate: number; readonly burst: number };
  /** Roles that a definition may name in `roleArn`; each must trust the executor's role. Default: none. */
  readonly assumableRoles?: readonly string[];
  /** Where `ItemReader`s of maps may read. Default: nowhere. */
  readonly mapSources?: readonly MapBucket[];
  /** Where `ResultWriter`s of maps may write. Default: nowhere. */
  readonly mapTargets?: readonly MapBucket[];
  /**
   * What tasks may call besides functions: for each service its actions, and the resources they are called on, as in an
   * IAM policy. Default: nothing. `engine.grantTasks` adds to it.
   */
  readonly taskPermissions?: readonly TaskPermission[];
  /**
   * Log groups that the `loggingConfiguration` of a state machine may name; the engine writes to no others. Default: none.
   * `engine.grantLogs` adds to it.
   */
  readonly logGroups?: readonly ExecutionLogGroup[];
  /**
   * Resource pools: how much works at the same time, 0 to 1,000, by `workflow:<name>`, `tenant:<tenant>`, `pattern:WCP-14`,
   * `resource:<what tasks call>`, or as states name it. Default: no limits; they can also be set while the engine runs,
   * which goes before what is set here.
   */
  readonly pools?: Readonly<Record<string, number>>;
  /**
   * Rate limits, by `key:<id>`, `principal:<subject>`, `tenant:<tenant>` or `target:<what tasks call>`; with `*` for each, as
   * in `{ 'tenant:*': { rate: 50, burst: 100 } }`. The burst is by default what the rate gives in a second. Default: none;
   * they can also be set while the engine runs, which goes before what is set here.
   */
  readonly rateLimits?: Readonly<Record<string, { readonly rate: number; readonly burst?: number }>>;
  /**
   * Circuit breakers: policies by what tasks call, as in `https://api.example.com` or a function's ARN; `*` for all others.
   * Default: none; they can also be set while the engine runs, which goes before what is set here.
   */
  readonly breakers?: Readonly<Record<string, BreakerSettings>>;
  /**
   * Module whose default export is the stages of the pipeline, as in `stages.ts`; bundled into the api and the executor function.
   * Default: none. What it reads from the environment is for `engine.apiFunction` and `engine.executorFunction` to have.
   */
  readonly stages?: string;
  /** A signed ledger of closed executions, with a key of its own in KMS, which costs $1 a month. Default: false. */
  readonly ledger?: boolean;
  /** An archive of closed executions, whose bucket stays when the stack is deleted. Default: none. */
  readonly archive?: EngineArchive;
  /** Connections of EventBridge that HTTP tasks may use; the engine reads their secrets. Default: none. */
  readonly httpConnections?: readonly HttpConnection[];
  /** Hosts that HTTP tasks may call, as in `api.example.com` or `*.example.com`. Default: every public one, with TLS. */
  readonly httpAllow?: readonly string[];
  /**
   * Age at which payloads are deleted. Default: never, as no age tells whether an execution still needs its payload.
   * Set it above the longest execution plus `logRetentionDays`. Definitions of more than 300 KB (compressed) are there too.
   */
  readonly blobExpiration?: Duration;
  /** How callers say who they are, beside IAM. Default: by IAM alone. */
  readonly authentication?: EngineAuthentication;
  /** Origins whose pages may call, as in `https://app.example.com`; needs `authentication`. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Ships source maps with the functions and lets Node use them: readable stack traces, slower cold starts. Default false. */
  readonly sourceMaps?: boolean;
  /** Is told when an alarm changes. Default: nobody, the alarms only show in CloudWatch. */
  readonly alarmTopic?: ITopic;
}

/** A bucket, or a part of it. */
export interface MapBucket {
  // A `Bucket` declares its key as `| undefined`, an `IBucket` as absent; both fit here.
  readonly bucket: Pick<IBucket, 'arnForObjects' | 'bucketArn'> & {
    readonly encryptionKey?: Pick<IKey, 'keyArn'> | undefined;
  };
  /** Keys begin with this. Absent: any key. */
  readonly prefix?: string;
}

/** The properties with their defaults, checked. */
export interface EngineSettings {
  readonly logRetentionDays: number;
  readonly functionLogRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
  readonly encryptionKey: IKey | undefined;
  readonly leaseSeconds: number;
  readonly metrics: boolean;
  readonly executorConcurrency: number;
  readonly memory: { readonly api: number; readonly executor: number; readonly projector: number };
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly assumableRoles: readonly string[];
  readonly taskPermissions: readonly TaskPermission[];
  readonly logGroups: readonly ExecutionLogGroup[];
  readonly httpConnections: readonly HttpConnection[];
  readonly httpAllow: readonly string[];
  readonly breakers: Readonly<Record<string, BreakerSettings>>;
  readonly stages: string | undefined;
  readonly ledger: boolean;
  readonly archive: ArchiveSettings | undefined;
  readonly pools: Readonly<Record<string, number>>;
  readonly rateLimits: Readonly<Record<string, { readonly rate: number; readonly burst?: number }>>;
  readonly mapSources: readonly MapBucket[];
  readonly mapTargets: readonly MapBucket[];
  readonly blobExpiration: Duration | undefined;
  readonly authentication: EngineAuthentication;
  readonly corsOrigins: readonly string[];
  readonly sourceMaps: boolean;
  readonly alarmTopic: ITopic | undefined;
}

/** A property is outside its bounds. */
export class InvalidEngineProps extends Error {
  override readonly name = 'InvalidEngineProps';
  readonly code = 'Knhk.InvalidEngineProps';
}

/** @throws InvalidEngineProps for a number outside its bounds, a role that is no ARN of a role, or a prefix with wildcards. */
export function withDefaults(props: KnhkEngineProps): EngineSettings {
  const settings = {
    logRetentionDays: props.logRetentionDays ?? 90,
    functionLogRetention: props.functionLogRetention ?? RetentionDays.ONE_MONTH,
    removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    encryptionKey: props.encryptionKey,
    leaseSeconds: props.leaseSeconds ?? 60,
    metrics: props.metrics ?? true,
    executorConcurrency: props.executorConcurrency ?? 100,
    memory: { api: 512, executor: 1024, projector: 512, ...props.memory },
    throttle: props.throttle ?? { rate: 500, burst: 1000 },
    assumableRoles: props.assumableRoles ?? [],
    taskPermissions: props.taskPermissions ?? [],
    logGroups: props.logGroups ?? [],
    httpConnections: props.httpConnections ?? [],
    httpAllow: props.httpAllow ?? [],
    breakers: props.breakers ?? {},
    stages: props.stages,
    ledger: props.ledger ?? false,
    archive: props.archive && { mode: 'governance' as const, legalHold: false, ...props.archive },
    pools: props.pools ?? {},
    rateLimits: props.rateLimits ?? {},
    mapSources: props.mapSources ?? [],
    mapTargets: props.mapTargets ?? [],
    blobExpiration: props.blobExpiration,
    authentication: props.authentication ?? {},
    corsOrigins: props.corsOrigins ?? [],
    sourceMaps: props.sourceMaps ?? false,
    alarmTopic: props.alarmTopic,
  };
  within('logRetentionDays', settings.logRetentionDays, 1, 36_500);
  if (settings.archive) within('archive.retentionDays', settings.archive.retentionDays, 1, 36_500);
  within('leaseSeconds', settings.leaseSeconds, 10, 900);
  within('executorConcurrency', settings.executorConcurrency, 2, 1000);
  for (const role of settings.assumableRoles) {
    if (!/^arn:[^:]+:iam::[^:]+:role\/[^*]+$/.test(role)) {
      throw new InvalidEngineProps(`Give assumableRoles the full ARN of each role, without wildcards, not "${role}".`);
    }
  }
  for (const { prefix = '' } of [...settings.mapSources, ...settings.mapTargets]) {
    if (/^\/|[*?$]/.test(prefix)) {
      throw new InvalidEngineProps(`Give a prefix as keys begin, without wildcards, not "${prefix}".`);
    }
  }
  const problem = problemOf(props);
  if (problem !== undefined) throw new InvalidEngineProps(problem);
  checkBreakers(settings.breakers);
  if (settings.stages !== undefined && !existsSync(settings.stages)) {
    throw new InvalidEngineProps(`Give stages the path of a module: there is no ${settings.stages}.`);
  }
  checkPools(settings.pools);
  checkRateLimits(settings.rateLimits);
  settings.taskPermissions.forEach(checkTaskPermission);
  settings.logGroups.forEach(checkLogGroup);
  for (const host of settings.httpAllow) {
    if (!/^(https?:\/\/)?[\w.*[\]:-]+$/.test(host)) {
      throw new InvalidEngineProps(`Give httpAllow hosts such as "api.example.com", not "${host}".`);
    }
  }
  return settings;
}

/** @throws InvalidEngineProps for what would permit more than it says. */
export function checkTaskPermission({ actions, resources }: TaskPermission): void {
  for (const action of actions) {
    if (!/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(action)) {
      throw new InvalidEngineProps(`Name each action that tasks may call, without wildcards, not "${action}".`);
    }
  }
  if (actions.length === 0 || resources.length === 0) {
    throw new InvalidEngineProps('Give each permission of tasks its actions and its resources.');
  }
}

/** @throws InvalidEngineProps for what is not one group. */
export function checkLogGroup({ logGroupArn }: ExecutionLogGroup): void {
  if (Token.isUnresolved(logGroupArn) || /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:*]+(:\*)?$/.test(logGroupArn))
    return;
  throw new InvalidEngineProps(
    `Give logGroups the ARN of each group, without wildcards in its name, not "${logGroupArn}".`,
  );
}

/** All variables of a function have 4 KB. */
const MAX_BREAKERS_CHARACTERS = 2_000;
const MAX_POOLS_CHARACTERS = 1_000;
const MAX_RATE_LIMITS_CHARACTERS = 500;

function checkPools(pools: Readonly<Record<string, number>>): void {
  const text = JSON.stringify(pools);
  const problem = problemOfPools(text);
  if (problem !== undefined) throw new InvalidEngineProps(`Correct pools. ${problem}`);
  if (text.length > MAX_POOLS_CHARACTERS) {
    throw new InvalidEngineProps('Give fewer pools a limit, and set the others while the engine runs.');
  }
}

function checkRateLimits(limits: EngineSettings['rateLimits']): void {
  const text = JSON.stringify(limits);
  const problem = problemOfRateLimits(text);
  if (problem !== undefined) throw new InvalidEngineProps(`Correct rateLimits. ${problem}`);
  if (text.length > MAX_RATE_LIMITS_CHARACTERS) {
    throw new InvalidEngineProps('Give fewer rate limits, and set the others while the engine runs.');
  }
}

function checkBreakers(breakers: Readonly<Record<string, BreakerSettings>>): void {
  const text = JSON.stringify(breakers);
  const problem = problemOfBreakers(text);
  if (problem !== undefined) throw new InvalidEngineProps(`Correct breakers. ${problem}`);
  if (text.length > MAX_BREAKERS_CHARACTERS) {
    throw new InvalidEngineProps('Give breakers fewer policies, and set the others while the engine runs.');
  }
}

function within(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidEngineProps(`Set ${name} to an integer from ${least} to ${most}, not ${value}.`);
  }
}
