import type { TaskAssignment } from '../../../model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { TaskOutcome } from '../../../ports/task-invoker.ts';
import { isTransient } from '../unavailable.ts';
import { clusterJobs } from './cluster-jobs.ts';
import { at, fill, type Integration, integrations } from './integration.ts';
import { type Call, type JobRule, verdictOf } from './job.ts';
import { jobs } from './jobs.ts';
import { optimisedStyle, type ServiceCalls, type ServiceFailure } from './service-calls.ts';

/** The first look comes after a second; then the pause is a fifth of the job's age, at most a minute. */
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const PART_OF_AGE = 5;
/** Services may not know a job yet that they have just started, ms. */
const UNKNOWN_FOR_MS = 60_000;
const STOP_MS = 10_000;

/** The jobs that `.sync` started: whether they have ended, and their end by force. Nothing here waits. */
export class ServiceJobs {
  readonly #calls: ServiceCalls;
  readonly #now: () => number;

  constructor(calls: ServiceCalls, now: () => number) {
    this.#calls = calls;
    this.#now = now;
  }

  /** How long after now the job is to be looked at, ms. */
  pause({ scheduledAt }: TaskAssignment): number {
    const age = this.#now() - scheduledAt;
    return Math.min(Math.max(age / PART_OF_AGE, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  }

  /** @param response what the service answered when it started the job. */
  async look(
    task: TaskAssignment,
    response: Json,
    roleArn: string | undefined,
    signal: AbortSignal,
  ): Promise<TaskOutcome> {
    const { rule, integration } = ruleOf(task);
    const from = { request: task.input, response };
    const described = await this.#call(task, rule.describe, integration, from, roleArn, signal);
    const running = { kind: 'submitted', output: response, askAfterMs: this.pause(task) } as const;
    const isYoung = this.#now() - task.scheduledAt < UNKNOWN_FOR_MS;
    if ('failure' in described) {
      if (rule.isGone && isNotFound(described.thrown)) return { kind: 'succeeded', output: withoutMetadata(response) };
      if (isYoung || (described.thrown instanceof Error && isTransient(described.thrown))) return running;
      return { kind: 'failed', ...described.failure, reason: 'failed' };
    }
    const job = at(described.output, rule.job);
    if (job === undefined) {
      if (isYoung) return running;
      return taskFailed({ Message: `${rule.describe.action} no longer knows the job.`, Response: response });
    }
    const verdict = verdictOf(rule, job);
    if (verdict === 'running') return running;
    if (verdict === 'failed') return taskFailed(job);
    return { kind: 'succeeded', output: rule.result === undefined ? job : fill(rule.result, { ...from, job }) };
  }

  /** As far as the service can: a job that has ended, or a service that does not answer, is left alone. */
  async stop(task: TaskAssignment, response: Json, roleArn: string | undefined): Promise<void> {
    const { rule, integration } = ruleOf(task);
    if (rule.stop === undefined) return;
    const signal = AbortSignal.timeout(STOP_MS);
    const from = { request: task.input, response };
    await this.#call(task, rule.stop, integration, from, roleArn, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  #call(
    task: TaskAssignment,
    { action, request }: Call,
    integration: Integration,
    from: JsonObject,
    roleArn: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly output: JsonObject } | ServiceFailure> {
    return this.#calls.call({
      sdk: integration.sdk,
      action,
      parameters: fill(request, from),
      token: task.idempotencyKey.slice(-64),
      style: optimisedStyle,
      names: integration,
      roleArn,
      signal,
      reason: 'failed',
    });
  }
}

function ruleOf({ resource }: TaskAssignment): { readonly rule: JobRule; readonly integration: Integration } {
  const [service, action] = resource.kind === 'service' ? [resource.service, resource.action] : ['', ''];
  const name = `${service}:${action}`;
  const rule = jobs.get(name) ?? clusterJobs.get(name);
  const integration = integrations.get(service);
  if (rule === undefined || integration === undefined) throw new Error(`Nothing is known of how ${name} ends.`);
  return { rule, integration };
}

function taskFailed(job: Json): TaskOutcome {
  return { kind: 'failed', reason: 'failed', error: 'States.TaskFailed', cause: JSON.stringify(job) };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && /NotFound/.test(error.name);
}

function withoutMetadata(response: Json): Json {
  if (!isJsonObject(response)) return response;
  const { SdkHttpMetadata: _http, SdkResponseMetadata: _sdk, ...job } = response;
  return job;
}
