import { Duration, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_DELIVERIES } from '../../functions/environment.ts';
import type { EngineSettings } from './engine-props.ts';

/** Lambda's own limit, and the executor's. */
export const EXECUTOR_TIMEOUT = Duration.minutes(15);

/**
 * The work queue and the three places where something ends that could not be handled.
 *
 * A message stays invisible for a minute longer than an executor can live. Less is refused by Lambda, and would give a
 * message to a second executor while the first still works. The six-fold (90 minutes) that is often advised serves
 * functions that are throttled before they run; here `maxConcurrency` holds back the polling itself, and a longer time
 * would only delay the retry after a crash. Failed messages need not wait that long: the executor makes them visible
 * again with `ChangeMessageVisibility` before it reports them.
 */
export class Queues extends Construct {
  readonly work: Queue;
  /** Work messages that were given up and could not be put on record: no messages of the engine, or the store was down as well. */
  readonly workDeadLetters: Queue;
  /** Stream positions (not contents) of commits that the projector could not handle. */
  readonly projectionDeadLetters: Queue;
  /** Events of `startOn` that did not become an execution, and of `deliverOn` that found none. */
  readonly undeliveredEvents: Queue;

  constructor(scope: Construct, id: string, settings: EngineSettings) {
    super(scope, id);
    this.workDeadLetters = this.deadLetters('WorkDeadLetters', settings);
    this.projectionDeadLetters = this.deadLetters('ProjectionDeadLetters', settings);
    this.undeliveredEvents = this.deadLetters('UndeliveredEvents', settings);
    // What a rule cannot deliver is put there by EventBridge itself, which then needs the customer's key.
    settings.encryptionKey?.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    this.work = new Queue(this, 'Work', {
      ...encryption(settings),
      enforceSSL: true,
      visibilityTimeout: EXECUTOR_TIMEOUT.plus(Duration.minutes(1)),
      retentionPeriod: Duration.days(14),
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.workDeadLetters, maxReceiveCount: MAX_DELIVERIES },
    });
  }

  private deadLetters(id: string, settings: EngineSettings): Queue {
    const queue = new Queue(this, id, {
      ...encryption(settings),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason: 'This queue is itself where undeliverable messages end.' },
      { id: 'Serverless-SQSRedrivePolicy', reason: 'This queue is itself where undeliverable messages end.' },
    );
    return queue;
  }
}

function encryption({ encryptionKey }: EngineSettings) {
  return encryptionKey
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
    : { encryption: QueueEncryption.SQS_MANAGED };
}
