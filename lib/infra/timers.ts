import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';

/** Timers farther off than a queue can hold them: one-time schedules, which EventBridge deletes after they fired. */
export class Timers extends Construct {
  readonly group: ScheduleGroup;
  /** What a schedule acts as: it may send to the work queue and nothing else. */
  readonly role: Role;

  constructor(scope: Construct, id: string, workQueue: IQueue, settings: EngineSettings) {
    super(scope, id);
    // The group goes with its stack: its schedules could only wake a queue that is gone.
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', {
      description: 'Sends the messages of due timers to the work queue',
      // Without the conditions, a schedule of any account could use the role ("confused deputy").
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
      inlinePolicies: {
        SendWork: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [workQueue.queueArn] }),
            ...(settings.encryptionKey
              ? [
                  new PolicyStatement({
                    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
                    resources: [settings.encryptionKey.keyArn],
                  }),
                ]
              : []),
          ],
        }),
      },
    });
  }

  /** ARN pattern of the group's schedules. */
  get schedulesArn(): string {
    return `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule/${this.group.scheduleGroupName}/*`;
  }
}
