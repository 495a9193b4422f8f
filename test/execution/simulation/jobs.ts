import type { TaskAssignment } from '../../../lib/model/effect.ts';
import { isJsonObject, type Json } from '../../../lib/model/json.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { TaskInvoker, TaskOutcome } from '../../../lib/ports/task-invoker.ts';
import type { Dice } from './dice.ts';

const LONGEST_JOB_MS = 400_000;
const ASK_AFTER_MS = [1_000, 10_000, 60_000] as const;

interface Job {
  readonly endsAt: number;
  readonly fails: boolean;
}

/** A service whose jobs run on, whatever becomes of who started them, until they end or are stopped. */
export class Jobs implements TaskInvoker {
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #jobs = new Map<string, Job>();
  readonly #stopped = new Set<string>();

  constructor(clock: Clock, dice: Dice) {
    this.#clock = clock;
    this.#dice = dice;
  }

  async invoke(task: TaskAssignment): Promise<TaskOutcome> {
    const { submitted } = task;
    const askAfterMs = this.#dice.pick(ASK_AFTER_MS);
    if (submitted === undefined) return { kind: 'submitted', output: { job: this.#start(task) }, askAfterMs };
    const name = jobOf(submitted);
    const job = name === undefined ? undefined : this.#jobs.get(name);
    if (job === undefined) throw new Error(`Nobody started the job ${name}.`);
    if (job.endsAt > this.#clock.now()) return { kind: 'submitted', output: submitted, askAfterMs };
    if (job.fails) return { kind: 'failed', reason: 'failed', error: 'Error' };
    return { kind: 'succeeded', output: submitted };
  }

  async cancel({ submitted }: TaskAssignment): Promise<void> {
    const name = submitted === undefined ? undefined : jobOf(submitted);
    if (name !== undefined) this.#stopped.add(name);
  }

  wasStopped(job: string): boolean {
    return this.#stopped.has(job);
  }

  /** The same for a call that is made again. */
  #start({ idempotencyKey, attempt }: TaskAssignment): string {
    const name = `${idempotencyKey}.${attempt}`;
    const endsAt = this.#clock.now() + this.#dice.below(LONGEST_JOB_MS);
    if (!this.#jobs.has(name)) this.#jobs.set(name, { endsAt, fails: this.#dice.chance(0.2) });
    return name;
  }
}

/** The job that an answer is about. */
export function jobOf(answer: Json): string | undefined {
  const name = isJsonObject(answer) ? answer['job'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
