import { definingWorkflow, parseMapRunArn, parseStatesArn } from '../../model/arn.ts';
import { readTaskToken } from '../../model/task-token.ts';
import type { ActionName } from './action-names.ts';
import { may, mayAll, maySome, type Principal } from './principal.ts';

/**
 * What a request wants to do, and to what. It follows from the request alone: ARNs, task tokens and ids of work items
 * name the workflow that they belong to, so that nothing has to be looked up before the request is refused, and a
 * refusal does not tell whether the thing exists.
 */
export interface Demand {
  readonly action: ActionName;
  readonly on: Target;
  /** What it is about, where that is no workflow or activity, as the name of a pool: for the audit log alone. */
  readonly about?: string;
}

export type Target =
  /** A workflow or an activity, or something that belongs to a workflow. */
  | { readonly name: string }
  /** A list, of which the caller sees what it may; or nothing that has a name. */
  | 'some'
  /** What it is about cannot be told: needs permission for everything. */
  | 'unknown';

export function isGranted(principal: Principal, { action, on }: Demand): boolean {
  if (on === 'some') return maySome(principal, action);
  return on === 'unknown' ? mayAll(principal, action) : may(principal, action, on.name);
}

/** The name of a workflow or activity, as a request gives it. */
export function named(name: unknown): Target {
  return typeof name === 'string' && name !== '' ? { name: definingWorkflow(name) } : 'unknown';
}

/** What an ARN of a workflow (also a version or an alias), an activity, an execution or a map run belongs to. */
export function arnTarget(arn: unknown): Target {
  if (typeof arn !== 'string') return 'unknown';
  const name = parseStatesArn(arn)?.name ?? parseMapRunArn(arn)?.workflow;
  return name === undefined ? 'unknown' : named(name);
}

/** Name of the workflow that an execution or a workflow belongs to, by its ARN. */
export function workflowNameIn(arn: string): string {
  const target = arnTarget(arn);
  return typeof target === 'object' ? target.name : '';
}

/** What the execution belongs to that a task token, or the id of a work item, stands for. */
export function tokenTarget(token: unknown): Target {
  const claim = typeof token === 'string' ? readTaskToken(token) : undefined;
  return claim === undefined ? 'unknown' : arnTarget(claim.execution);
}

/**
 * A test of one state. One without a mock calls the task, with all that the engine may do and for no workflow at all, and
 * so needs permission for everything.
 */
export function testTarget(body: unknown): Target {
  return field(body, 'mock') === undefined ? 'unknown' : 'some';
}

export function field(value: unknown, name: string): unknown {
  // Asserted: whatever is there is `unknown`, as what is not.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
