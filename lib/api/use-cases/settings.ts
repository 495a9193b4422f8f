import type { Activity } from '../../execution/activities.ts';
import type { Workflow } from '../../execution/workflows.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { ApiError } from '../errors.ts';

/** What is kept of a workflow beside what the engine needs: written by these use cases, read by them and the faces. */
export interface WorkflowSettings {
  readonly logging?: LoggingSettings;
  readonly tracing?: { readonly enabled: boolean };
  readonly tags?: readonly Tag[];
  /** It was updated after its creation. */
  readonly updated?: boolean;
}

export interface LoggingSettings {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData: boolean;
  /** ARNs of log groups. */
  readonly destinations?: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const defaultLogging: LoggingSettings = { level: 'OFF', includeExecutionData: false };

const MAX_TAGS = 50;

export function settingsOf(workflow: Workflow): WorkflowSettings {
  // Written by toSettings alone.
  return workflow.settings as unknown as WorkflowSettings;
}

export function toSettings(settings: WorkflowSettings): Workflow['settings'] {
  const { logging, tracing, tags, updated } = settings;
  return {
    ...(logging === undefined ? {} : { logging: { ...logging } }),
    ...(tracing === undefined ? {} : { tracing: { ...tracing } }),
    ...(tags === undefined ? {} : { tags: tags.map((tag) => ({ ...tag })) }),
    ...(updated === undefined ? {} : { updated }),
  };
}

/** @throws ApiError */
export function checkLogging(logging: LoggingSettings | undefined): void {
  if (logging === undefined || logging.level === 'OFF' || logging.destinations?.length === 1) return;
  const problem = 'Must specify exactly one Log Destination.';
  throw new ApiError('loggingInvalid', problem, 'Name one log group as destination, or set the level to OFF.');
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
