import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import { at } from './integration.ts';

/** How the end of a job is found that `.sync` waits for. Paths begin at `{ request, response }`: what it was started with. */
export interface JobRule {
  readonly describe: Call;
  /** Where, in the description, the job is; the task's result. */
  readonly job: string;
  /** Where, in the job, its status is. */
  readonly status: string;
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /** Decides in the place of the status whether a job with a status among `succeeded` did succeed. */
  readonly isSuccess?: (job: Json) => boolean;
  /** The job is over when it can no longer be described. */
  readonly isGone?: boolean;
  readonly stop?: Call;
  /** Added to the result, beside what the description has. */
  readonly result?: JsonObject;
}

export interface Call {
  readonly action: string;
  /** A template, see `fill`. */
  readonly request: JsonObject;
}

export type Verdict = 'running' | 'succeeded' | 'failed';

export function verdictOf(rule: JobRule, job: Json): Verdict {
  const status = at(job, rule.status);
  if (typeof status !== 'string') return 'running';
  if (rule.failed.includes(status)) return 'failed';
  if (!rule.succeeded.includes(status)) return 'running';
  return rule.isSuccess?.(job) === false ? 'failed' : 'succeeded';
}

/** A task of ECS has succeeded if it came to run, and each of its containers ended with 0. */
export function containersSucceeded(task: Json): boolean {
  const containers = at(task, 'Containers');
  if (!Array.isArray(containers) || containers.length === 0) return false;
  return containers.every((container) => isJsonObject(container) && container['ExitCode'] === 0);
}
