import type * as z from 'zod';
import { versionNumber, type WorkflowSelector } from '../../execution/workflows.ts';
import { definingWorkflow, parseMapRunArn, parseStatesArn, type StatesArn } from '../../model/arn.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { readParameters } from './parameters.ts';

/** An action of the protocol: reads its parameters, and gives the response's body. Fields that are `undefined` are left out. */
export type Action = (services: Services, body: unknown) => Promise<Readonly<Record<string, unknown>>>;

export function action<S extends z.ZodType>(
  schema: S,
  run: (services: Services, parameters: z.output<S>) => Promise<Readonly<Record<string, unknown>>>,
): Action {
  return async (services, body) => run(services, readParameters(schema, body));
}

/** Times stand in JSON 1.0 as seconds since the epoch, with milliseconds as fraction. */
export function seconds(ms: number): number {
  return ms / 1000;
}

/** Name of the state machine that an ARN without version or alias stands for. @throws ApiError */
export function workflowNameOf(services: Services, arn: string): string {
  const { name, qualifier } = workflowSelectorOf(services, arn);
  if (qualifier === undefined) return name;
  throw new ApiError('workflowNotFound', arn, 'Give the ARN of a state machine, without version or alias.');
}

/** The state machine, version or alias that an ARN stands for. @throws ApiError */
export function workflowSelectorOf(services: Services, arn: string): WorkflowSelector {
  const parsed = ownArn(services, arn, 'stateMachine');
  if (parsed !== undefined) return parsed;
  throw new ApiError('workflowNotFound', arn, 'Give the ARN of a state machine of this engine.');
}

/** The number of the version that is selected, if one is. */
export function versionOf({ qualifier }: WorkflowSelector): number | undefined {
  return qualifier === undefined ? undefined : versionNumber(qualifier);
}

/** Name of the activity that an ARN stands for. @throws ApiError */
export function activityNameOf(services: Services, arn: string): string {
  const parsed = ownArn(services, arn, 'activity');
  if (parsed !== undefined) return parsed.name;
  throw new ApiError('activityNotFound', arn, 'Give the ARN of an activity of this engine.');
}

/** Refuses what is not the ARN of an execution of a standard state machine, or of a map run. @throws ApiError */
export function checkExecutionArn(services: Services, arn: string): void {
  const parsed = parseStatesArn(arn);
  const isExpressChild = parsed?.kind === 'express' && parsed.name !== definingWorkflow(parsed.name);
  if (ownArn(services, arn, isExpressChild ? 'express' : 'execution') !== undefined) return;
  throw new ApiError('executionNotFound', arn, 'Give the ARN of an execution of this engine.');
}

/** Refuses what is not the ARN of a map run. @throws ApiError */
export function checkMapRunArn({ place }: Services, arn: string): void {
  const [kind] = checkArn(arn, 'states');
  if (kind !== 'mapRun') throw invalidArn(`Resource type not valid in this context: ${kind}`);
  const parsed = parseMapRunArn(arn);
  if (parsed === undefined) throw invalidArn(`Invalid ARN prefix: ${arn}`);
  if (parsed.partition === place.partition && parsed.region === place.region && parsed.account === place.account)
    return;
  throw new ApiError('resourceNotFound', arn, 'Give the ARN of a map run of this engine.');
}

/** Refuses what is not the ARN of a role. @throws ApiError */
export function checkRoleArn(arn: string): void {
  checkArn(arn, 'iam');
}

/** `undefined`: the ARN is well-formed, but nothing of this engine has it. @throws ApiError */
export function ownArn({ place }: Services, arn: string, expected: StatesArn['kind']): StatesArn | undefined {
  const [kind] = checkArn(arn, 'states');
  if (kind !== expected) throw invalidArn(`Resource type not valid in this context: ${kind}`);
  const parsed = parseStatesArn(arn);
  if (parsed?.partition !== place.partition) return undefined;
  return parsed.region === place.region && parsed.account === place.account ? parsed : undefined;
}

/** The parts behind the account. */
function checkArn(arn: string, expected: string): readonly string[] {
  const [scheme, partition, service, , , ...resource] = arn.split(':');
  if (scheme !== 'arn' || !partition || resource.length === 0) throw invalidArn(`Invalid ARN prefix: ${arn}`);
  if (service !== expected) throw invalidArn(`Service not valid in this context: ${service}`);
  return resource;
}

function invalidArn(problem: string): ApiError {
  return new ApiError('identifierInvalid', problem, `Correct the ARN: ${problem}.`);
}
