import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  GetScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { Clock } from '../../ports/clock.ts';
import type { TimerService, WakeUp, WorkQueue } from '../../ports/work-queue.ts';
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
/** The scheduler's clock and this one's may be so far apart. */
const CLOCKS_DIFFER_MS = 30_000;
const NAME_DIGITS = 40;
const ASK_AGAIN_SECONDS = 120;
/** A schedule can come or go between two requests, but hardly twice. */
const ATTEMPTS = 3;

/**
 * Up to 15 minutes ahead: a delayed message. Beyond: a one-time schedule that sends the message a minute early and is
 * deleted after that. An execution has one schedule at most, the earliest one asked for: the turn that it wakes asks
 * for the next.
 */
export class AwsTimerService implements TimerService {
  readonly #options: AwsTimerServiceOptions;

  constructor(options: AwsTimerServiceOptions) {
    this.#options = options;
  }

  async wakeAt(execution: string, group: string, at: number): Promise<WakeUp> {
    // Rounded up: a message that comes before its time finds nothing to do, and has to be sent again.
    const seconds = Math.max(0, Math.ceil((at - this.#options.clock.now()) / 1000));
    if (seconds <= MAX_DELAY_SECONDS) {
      await this.#options.queue.send([{ execution, group, delaySeconds: seconds }]);
      return { from: at, at };
    }
    const due = wholeSeconds(at - SCHEDULER_PRECISION_MS);
    for (let attempt = 1; ; attempt++) {
      if (await this.#create(execution, group, due)) return { from: due - CLOCKS_DIFFER_MS, at };
      const fires = await this.#moveForward(execution, group, due);
      if (fires !== undefined) return { from: fires - CLOCKS_DIFFER_MS, at: fires + SCHEDULER_PRECISION_MS };
      if (attempt === ATTEMPTS) throw new Error(`The schedule of ${execution} comes and goes: try again.`);
    }
  }

  /** `false`: the execution has a schedule already. */
  async #create(execution: string, group: string, due: number): Promise<boolean> {
    try {
      await (await this.#options.client()).send(new CreateScheduleCommand(this.#input(execution, group, due)));
      return true;
    } catch (error) {
      if (error instanceof ConflictException) return false;
      throw error;
    }
  }

  /** Moves the execution's schedule unless it comes earlier anyway. When it fires; `undefined`: it is gone. */
  async #moveForward(execution: string, group: string, due: number): Promise<number | undefined> {
    const client = await this.#options.client();
    try {
      const found = await client.send(
        new GetScheduleCommand({ Name: scheduleName(execution), GroupName: this.#options.group }),
      );
      const current = scheduledTime(found.ScheduleExpression);
      if (current - this.#options.clock.now() <= SCHEDULER_PRECISION_MS) {
        // It may have fired already without being deleted yet, and what is being deleted cannot be relied on: the turn
        // that this message brings asks again, once it is gone.
        await this.#options.queue.send([{ execution, group, delaySeconds: ASK_AGAIN_SECONDS }]);
      } else if (current > due) {
        await client.send(new UpdateScheduleCommand(this.#input(execution, group, due)));
      }
      return Math.min(current, due);
    } catch (error) {
      if (error instanceof ResourceNotFoundException || error instanceof ConflictException) return undefined;
      throw error;
    }
  }

  #input(execution: string, group: string, due: number): CreateScheduleCommandInput {
    return {
      Name: scheduleName(execution),
      GroupName: this.#options.group,
      ScheduleExpression: `at(${new Date(due).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)})`,
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

const AT_EXPRESSION = /^at\((.*)\)$/;

/** ms since the epoch of the expressions written here. */
function scheduledTime(expression: string | undefined): number {
  const time = AT_EXPRESSION.exec(expression ?? '')?.[1];
  return Date.parse(`${time}Z`);
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
