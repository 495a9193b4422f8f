import type { TaskFailed, TaskScheduled } from '../../model/event.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { TaskResource } from '../../model/plan.ts';
import { failureDetails, type HistoryEventType, inputDetails, outputDetails } from './history-event.ts';

/** What happens to a task, in the words that its kind has for it: a function, an activity, a work item, or a service. */

export interface TaskEvent {
  readonly type: HistoryEventType;
  readonly details?: JsonObject;
}

type At<E> = E & { readonly at: number };
type ServiceResource = Extract<TaskResource, { kind: 'service' }>;

/** A function or service is scheduled and started at once; an activity or work item starts when somebody takes it. */
export function taskScheduled(
  resource: TaskResource,
  event: At<TaskScheduled>,
  input: Json,
  region: string,
): readonly TaskEvent[] {
  const limits = scheduleDetails(event);
  switch (resource.kind) {
    case 'lambda': {
      const details = { ...inputDetails(input), resource: resource.arn, ...limits };
      return [{ type: 'LambdaFunctionScheduled', details }, { type: 'LambdaFunctionStarted' }];
    }
    case 'activity':
      return [{ type: 'ActivityScheduled', details: { ...inputDetails(input), resource: resource.arn, ...limits } }];
    case 'workItem':
      return [{ type: 'WorkItemScheduled', details: { ...inputDetails(input), resource: resource.arn, ...limits } }];
    case 'service': {
      const names = serviceDetails(resource);
      const details = { ...names, region, parameters: JSON.stringify(input), ...limits };
      return [
        { type: 'TaskScheduled', details },
        { type: 'TaskStarted', details: names },
      ];
    }
  }
}

function scheduleDetails({ at, timeoutAt, heartbeatSeconds, roleArn }: At<TaskScheduled>): JsonObject {
  return {
    ...(timeoutAt === undefined ? {} : { timeoutInSeconds: (timeoutAt - at) / 1000 }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    ...(roleArn === undefined ? {} : { taskCredentials: { roleArn } }),
  };
}

/** `resource` is what stands behind the service's name, as in `startExecution.sync:2`. */
function serviceDetails({ service, action, pattern }: ServiceResource): JsonObject {
  const resource = pattern === 'requestResponse' ? action : `${action}.${pattern}`;
  return { resourceType: service, resource };
}

/** Who has taken a task. */
export function taskStarted(resource: TaskResource, worker: string | undefined): readonly TaskEvent[] {
  const details = worker === undefined ? {} : { workerName: worker };
  switch (resource.kind) {
    case 'activity':
      return [{ type: 'ActivityStarted', details }];
    case 'workItem':
      return [{ type: 'WorkItemStarted', details }];
    // That a function or service has started was said when it was scheduled.
    case 'lambda':
    case 'service':
      return [];
  }
}

export function taskSubmitted(resource: ServiceResource, output: Json): TaskEvent {
  return { type: 'TaskSubmitted', details: { ...serviceDetails(resource), ...outputDetails(output) } };
}

export function taskSucceeded(resource: TaskResource, output: Json): TaskEvent {
  const details = outputDetails(output);
  switch (resource.kind) {
    case 'lambda':
      return { type: 'LambdaFunctionSucceeded', details };
    case 'activity':
      return { type: 'ActivitySucceeded', details };
    case 'workItem':
      return { type: 'WorkItemSucceeded', details };
    case 'service':
      return { type: 'TaskSucceeded', details: { ...serviceDetails(resource), ...details } };
  }
}

export function taskFailed(resource: TaskResource, event: TaskFailed): TaskEvent {
  const details = failureDetails(event);
  switch (resource.kind) {
    case 'lambda':
      return { type: `LambdaFunction${LAMBDA_ENDS[event.reason]}`, details };
    case 'activity':
      return { type: `Activity${OFFER_ENDS[event.reason]}`, details };
    case 'workItem':
      return { type: `WorkItem${OFFER_ENDS[event.reason]}`, details };
    case 'service':
      return { type: `Task${SERVICE_ENDS[event.reason]}`, details: { ...serviceDetails(resource), ...details } };
  }
}

/** The nearest word that Step Functions has for each way of failing. */
const LAMBDA_ENDS = {
  failed: 'Failed',
  timedOut: 'TimedOut',
  notScheduled: 'ScheduleFailed',
  notStarted: 'StartFailed',
  notSubmitted: 'StartFailed',
} as const;

const OFFER_ENDS = {
  failed: 'Failed',
  timedOut: 'TimedOut',
  notScheduled: 'ScheduleFailed',
  notStarted: 'ScheduleFailed',
  notSubmitted: 'ScheduleFailed',
} as const;

const SERVICE_ENDS = {
  failed: 'Failed',
  timedOut: 'TimedOut',
  notScheduled: 'StartFailed',
  notStarted: 'StartFailed',
  notSubmitted: 'SubmitFailed',
} as const;
