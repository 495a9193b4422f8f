import { randomUUID } from 'node:crypto';

/** The ARN of a workflow that nothing else uses. */
export function workflowArn(): string {
  return `arn:aws:states:us-east-1:123456789012:stateMachine:flow-${randomUUID()}`;
}

/** The ARN of an execution that nothing else uses. */
export function executionArn(): string {
  return `arn:aws:states:us-east-1:123456789012:execution:flow:${randomUUID()}`;
}
