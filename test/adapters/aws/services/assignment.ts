import type { TaskAssignment } from '../../../../lib/model/effect.ts';
import type { Json } from '../../../../lib/model/json.ts';
import type { IntegrationPattern } from '../../../../lib/model/plan.ts';

export const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:order:1';

/** A task that calls `resource`, as in `sqs:sendMessage` or `aws-sdk:s3:getObject.waitForTaskToken`. */
export function serviceTask(resource: string, input: Json, given: Partial<TaskAssignment> = {}): TaskAssignment {
  const [, service = '', action = '', pattern = 'requestResponse'] = /^(.+):(\w+)(?:\.(\w+))?$/.exec(resource) ?? [];
  return {
    execution: EXECUTION,
    activation: 7,
    attempt: 1,
    workflowRoleArn: 'arn:aws:iam::123456789012:role/of-the-workflow',
    scheduledAt: 0,
    state: 'Call',
    idempotencyKey: `${EXECUTION}#Call-1`,
    resource: {
      kind: 'service',
      arn: `arn:aws:states:::${resource}`,
      service,
      action,
      pattern: pattern as IntegrationPattern,
    },
    input,
    ...given,
  };
}

export const never = new AbortController().signal;
