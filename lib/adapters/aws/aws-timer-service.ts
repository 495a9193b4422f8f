import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { Clock } from '../../ports/clock.ts';
import type { TimerService, WorkQueue } from '../../ports/work-queue.ts';
import { MAX_DELAY_SECONDS } from './sqs-work-queue.ts';
import { workBody } from './work-message.ts';

export interface AwsTimerServiceOptions {
  readonly client: () => Promise<SchedulerClient>;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly queueArn: string;
  /** Role that EventBridge Scheduler assumes to send to the queue. */
  readonly roleArn: string;
  /** Name of the schedule group. */
  readonly group: string;
}

/** EventBridge Scheduler invokes its target within this time after the schedule's: fire that much early. */
const SCHEDULER_PRECISION_MS = 60_000;
const NAME_DIGITS = 40;
/** Create and update alternate while the schedule comes and goes in between. */
const ATTEMPTS = 4;

/**
 * Up to 15 minutes ahead: a delayed message. Beyond: a one-time schedule that sends the message a minute early and is
 * deleted after that. An execution has one schedule at most: a later call moves it.
 */
export class AwsTimerService implements TimerService {
  readonly #options: AwsTimerServiceOptions;

  constructor(options: AwsTimerServiceOptions) {
    this.#options = options;
  }

  async wakeAt(execution: string, group: string, at: number): Promise<void> {
    const seconds = Math.max(0, Math.floor((at - this.#options.clock.now()) / 1000));
    if (seconds <= MAX_DELAY_SECONDS) {
      await this.#options.queue.send([{ execution, group, delaySeconds: seconds }]);
    } else {
      await this.#schedule(this.#scheduleInput(execution, group, at - SCHEDULER_PRECISION_MS));
    }
  }

  async #schedule(input: CreateScheduleCommandInput): Promise<void> {
    const client = await this.#options.client();
    for (let attempt = 0; ; attempt++) {
      try {
        await client.send(attempt % 2 === 0 ? new CreateScheduleCommand(input) : new UpdateScheduleCommand(input));
        return;
      } catch (error) {
        const crossed = error instanceof ConflictException || error instanceof ResourceNotFoundException;
        if (!crossed || attempt + 1 >= ATTEMPTS) throw error;
      }
    }
  }

  #scheduleInput(execution: string, group: string, at: number): CreateScheduleCommandInput {
    return {
      Name: scheduleName(execution),
      GroupName: this.#options.group,
      ScheduleExpression: `at(${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: this.#options.queueArn,
        RoleArn: this.#options.roleArn,
        Input: workBody(execution, group),
      },
    };
  }
}

/** One name per execution; ARNs are longer than the 64 characters of a schedule's name. */
export function scheduleName(execution: string): string {
  return createHash('sha256').update(execution).digest('hex').slice(0, NAME_DIGITS);
}
