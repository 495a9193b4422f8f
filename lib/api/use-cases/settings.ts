import type { Activity } from '../../execution/activities.ts';
import type { Workflow } from '../../execution/workflows.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { ApiError } from '../errors.ts';

/** What is kept of a workflow beside what the engine needs: written by these use cases, read by them and the faces. */
export interface WorkflowSettings {
  readonly logging?: LoggingSettings;
  readonly tracing?: { readonly enabled: boolean };
  readonly encryption?: EncryptionSettings;
  readonly tags?: readonly Tag[];
  /** Its first version was published in the request that created it. */
  readonly creation?: { readonly description?: string };
  /** It was updated after its creation. */
  readonly updated?: boolean;
}

export interface LoggingSettings {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData: boolean;
  /** ARNs of log groups. */
  readonly destinations?: readonly string[];
}

/** Kept and answered; what lies in the tables is encrypted as the tables are. */
export interface EncryptionSettings {
  readonly type: 'AWS_OWNED_KEY' | 'CUSTOMER_MANAGED_KMS_KEY';
  /** Id, alias or ARN. */
  readonly kmsKeyId?: string;
  readonly kmsDataKeyReusePeriodSeconds?: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const defaultLogging: LoggingSettings = { level: 'OFF', includeExecutionData: false };
export const defaultEncryption: EncryptionSettings = { type: 'AWS_OWNED_KEY' };

const MAX_TAGS = 50;

export function settingsOf(workflow: Pick<Workflow, 'settings'>): WorkflowSettings {
  // Written by toSettings alone.
  return workflow.settings as unknown as WorkflowSettings;
}

export function toSettings(settings: WorkflowSettings): Workflow['settings'] {
  const { logging, tracing, encryption, tags, creation, updated } = settings;
  return {
    ...(logging === undefined ? {} : { logging: { ...logging } }),
    ...(tracing === undefined ? {} : { tracing: { ...tracing } }),
    ...(encryption === undefined ? {} : { encryption: { ...encryption } }),
    ...(tags === undefined ? {} : { tags: tags.map((tag) => ({ ...tag })) }),
    ...(creation === undefined ? {} : { creation: { ...creation } }),
    ...(updated === undefined ? {} : { updated }),
  };
}

/** @throws ApiError */
export function checkLogging(logging: LoggingSettings | undefined): void {
  if (logging === undefined) return;
  const { level, destinations = [] } = logging;
  if ((level !== 'OFF' && destinations.length !== 1) || destinations.length > 1) {
    const problem = 'Must specify exactly one Log Destination.';
    throw new ApiError('loggingInvalid', problem, 'Name one log group as destination, or set the level to OFF.');
  }
  const wrong = destinations.find((arn) => !LOG_GROUP_ARN.test(arn));
  if (wrong === undefined) return;
  const problem = `Log Destination is not the ARN of a log group, which ends with ':*': ${wrong}`;
  throw new ApiError('loggingInvalid', problem, `Give the ARN of a log group, with ":*" at its end: ${wrong} is none.`);
}

const LOG_GROUP_ARN = /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:]+:\*$/;

const DEFAULT_REUSE_SECONDS = 300;
const MIN_REUSE_SECONDS = 60;
const MAX_REUSE_SECONDS = 900;

/** The configuration with its defaults. @throws ApiError `encryptionInvalid` */
export function checkedEncryption(given: EncryptionSettings): EncryptionSettings {
  const { type, kmsKeyId, kmsDataKeyReusePeriodSeconds: seconds } = given;
  if (type === 'AWS_OWNED_KEY') {
    if (kmsKeyId === undefined && seconds === undefined) return given;
    throw encryptionInvalid('kmsKeyId and kmsDataKeyReusePeriodSeconds go with the type CUSTOMER_MANAGED_KMS_KEY only');
  }
  if (kmsKeyId === undefined) throw encryptionInvalid('kmsKeyId is required for the type CUSTOMER_MANAGED_KMS_KEY');
  const reuse = seconds ?? DEFAULT_REUSE_SECONDS;
  if (reuse < MIN_REUSE_SECONDS || reuse > MAX_REUSE_SECONDS) {
    const bounds = `between ${MIN_REUSE_SECONDS} and ${MAX_REUSE_SECONDS}`;
    throw encryptionInvalid(`kmsDataKeyReusePeriodSeconds must be ${bounds}`);
  }
  return { type, kmsKeyId, kmsDataKeyReusePeriodSeconds: reuse };
}

function encryptionInvalid(problem: string): ApiError {
  return new ApiError('encryptionInvalid', problem, `Correct the encryption: ${problem}.`);
}

export function tagsOf(settings: Workflow['settings'] | Activity['settings']): readonly Tag[] {
  const { tags } = settings;
  return isJsonArray(tags) ? tags.flatMap((tag) => readTag(tag) ?? []) : [];
}

function readTag(tag: Json): Tag | undefined {
  if (!isJsonObject(tag)) return undefined;
  const { key, value } = tag;
  return typeof key === 'string' && typeof value === 'string' ? { key, value } : undefined;
}

/** Adds tags, replacing those of the same key. @throws ApiError */
export function mergeTags(present: readonly Tag[], added: readonly Tag[], resource: string): readonly Tag[] {
  const byKey = new Map([...present, ...added].map(({ key, value }) => [key, value]));
  if (byKey.size > MAX_TAGS) {
    throw new ApiError('tooManyTags', resource, `Remove tags first: a resource has at most ${MAX_TAGS}.`);
  }
  return [...byKey].map(([key, value]) => ({ key, value }));
}
