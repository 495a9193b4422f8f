import { createHash } from 'node:crypto';
import { parseStatesArn } from '../../../model/arn.ts';
import type { TaskAssignment } from '../../../model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { TaskInvoker, TaskOutcome } from '../../../ports/task-invoker.ts';
import type { AwsClients } from '../clients.ts';
import { sdkMetadata } from './http-answer.ts';
import { fill, integrations } from './integration.ts';
import { optimisedStyle, ServiceCalls, type ServiceFailure, sdkStyle } from './service-calls.ts';
import { ServiceJobs } from './service-jobs.ts';

export interface ServiceTasksOptions {
  readonly clients: AwsClients;
  /** Roles of workflows that services are called as; tasks of other workflows use the engine's own. None by default. */
  readonly assumableRoles?: readonly string[];
  /** ms since the epoch. */
  readonly now: () => number;
}

/**
 * Tasks that call AWS: `aws-sdk:<service>:<action>` for every service that has a client here, and the optimised
 * integrations (see integration.ts, jobs.ts). Requests, answers, errors and causes are those of Step Functions; nothing
 * underneath repeats a call.
 */
export class ServiceTasks implements TaskInvoker {
  readonly #calls: ServiceCalls;
  readonly #jobs: ServiceJobs;
  readonly #assumableRoles: readonly string[];

  constructor(options: ServiceTasksOptions) {
    this.#calls = new ServiceCalls(options.clients);
    this.#jobs = new ServiceJobs(this.#calls, options.now);
    this.#assumableRoles = options.assumableRoles ?? [];
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const { resource } = task;
    if (resource.kind !== 'service') throw new Error(`${resource.arn} is no service: register another invoker for it.`);
    const roleArn = task.roleArn ?? this.#assumableRoles.find((role) => role === task.workflowRoleArn);
    const isJob = resource.pattern === 'sync';
    if (isJob && task.submitted !== undefined) return this.#jobs.look(task, task.submitted, roleArn, signal);
    const answer = await this.#start(task, resource, roleArn, signal);
    if ('failure' in answer) return { kind: 'failed', ...answer.failure };
    if (resource.pattern === 'requestResponse') return { kind: 'succeeded', output: answer.output };
    return { kind: 'submitted', output: answer.output, ...(isJob ? { askAfterMs: this.#jobs.pause(task) } : {}) };
  }

  /** Stops the job of a `.sync` task. */
  async cancel(task: TaskAssignment): Promise<void> {
    const roleArn = task.roleArn ?? this.#assumableRoles.find((role) => role === task.workflowRoleArn);
    if (task.submitted !== undefined) await this.#jobs.stop(task, task.submitted, roleArn);
  }

  async #start(
    task: TaskAssignment,
    resource: { readonly service: string; readonly action: string; readonly pattern: string },
    roleArn: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly output: JsonObject } | ServiceFailure> {
    const reason = resource.pattern === 'requestResponse' ? 'failed' : 'notSubmitted';
    const integration = integrations.get(resource.service);
    const translation = integration?.actions?.[resource.action];
    const given = isJsonObject(task.input) ? task.input : {};
    const parameters = translation?.request === undefined ? given : fill(translation.request, given);
    const called = await this.#calls.call({
      sdk: translation?.sdk ?? integration?.sdk ?? resource.service.slice('aws-sdk:'.length),
      action: translation?.action ?? resource.action,
      parameters: resource.service === 'events' ? withOrigin(parameters, task) : parameters,
      token: idempotencyToken(task),
      style: integration === undefined ? sdkStyle : optimisedStyle,
      names: integration,
      roleArn,
      signal,
      reason,
    });
    if ('failure' in called || integration === undefined) return called;
    const answer = translation?.answer === undefined ? called.output : fill(translation.answer, called.output);
    return judged(resource, answer, { ...answer, ...sdkMetadata(called.http) }, reason);
  }
}

/** Answers of optimised integrations that are failures, and those that come without what the SDK adds. */
function judged(
  { service, action }: { readonly service: string; readonly action: string },
  answer: JsonObject,
  full: JsonObject,
  reason: 'failed' | 'notSubmitted',
): { readonly output: JsonObject } | ServiceFailure {
  if (service === 'events') {
    const failures = answer['FailedEntryCount'];
    if (typeof failures !== 'number' || failures === 0) return { output: answer };
    return { failure: { error: 'EventBridge.FailedEntry', cause: JSON.stringify(answer), reason } };
  }
  if (service === 'ecs' && isEmpty(answer['Tasks']) && !isEmpty(answer['Failures'])) {
    return { failure: { error: 'AmazonECS.Unknown', cause: JSON.stringify(full), reason } };
  }
  if (service === 'bedrock' && action === 'invokeModel') return { output: { ...answer, Body: parsed(answer['Body']) } };
  return { output: full };
}

function isEmpty(value: Json | undefined): boolean {
  return !Array.isArray(value) || value.length === 0;
}

function parsed(body: Json | undefined): Json {
  if (typeof body !== 'string') return body ?? null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Events name the execution, and its workflow, that they come from. */
function withOrigin(parameters: JsonObject, task: TaskAssignment): JsonObject {
  const { Entries } = parameters;
  if (!Array.isArray(Entries)) return parameters;
  const origin = [task.execution, ...workflowArn(task.execution)];
  const entries = Entries.map((entry) => {
    if (!isJsonObject(entry)) return entry;
    const { Resources } = entry;
    return { ...entry, Resources: [...(Array.isArray(Resources) ? Resources : []), ...origin] };
  });
  return { ...parameters, Entries: entries };
}

function workflowArn(execution: string): readonly string[] {
  const name = parseStatesArn(execution)?.name;
  const place = /^arn:[^:]+:states:[^:]*:[^:]*:/.exec(execution)?.[0];
  return name === undefined || place === undefined ? [] : [`${place}stateMachine:${name}`];
}

/** The same for the same attempt, so that a call which is repeated after a crash changes nothing where the service knows tokens. */
function idempotencyToken({ idempotencyKey, attempt }: TaskAssignment): string {
  const digest = createHash('sha256').update(`${idempotencyKey} ${attempt}`).digest('hex');
  return [8, 12, 16, 20, 32].map((end, index, ends) => digest.slice(ends[index - 1] ?? 0, end)).join('-');
}
