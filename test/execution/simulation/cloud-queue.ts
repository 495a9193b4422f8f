import type { Clock } from '../../../lib/ports/clock.ts';
import type { TimerService, WakeUp, WorkMessage, WorkQueue } from '../../../lib/ports/work-queue.ts';
import type { Dice } from './dice.ts';

const AGAIN_AFTER_FAILURE_MS = 5_000;
const AGAIN_AFTER_DEATH_MS = 90_000;
const LATE_MS = 30_000;
const MAX_DELAY_MS = 900_000;
const TIMER_PRECISION_MS = 60_000;
const CLOCKS_DIFFER_MS = 30_000;

/** Hands a message to some process; `'died'`: that one died over it. */
export type Deliver = (message: WorkMessage) => Promise<'done' | 'died'>;

/** A queue between processes as SQS is one, with timers as AwsTimerService keeps them: messages come twice, late, early, in any order, and again until done. */
export class CloudQueue implements WorkQueue {
  /** How often a message comes twice, or late. */
  disorder = 0;
  /** How often nobody hears of a message that was handed out, which then comes again. */
  lost = 0;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #deliver: Deliver;
  readonly #schedules = new Map<string, { readonly at: number; readonly cancel: () => void }>();

  constructor(clock: Clock, dice: Dice, deliver: Deliver) {
    this.#clock = clock;
    this.#dice = dice;
    this.#deliver = deliver;
  }

  async send(messages: readonly WorkMessage[]): Promise<void> {
    for (const message of messages) {
      const copies = this.#dice.chance(this.disorder) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        const late = this.#dice.chance(this.disorder) ? this.#dice.below(LATE_MS) : this.#dice.below(20);
        this.#enqueue(message, (message.delaySeconds ?? 0) * 1000 + late);
      }
    }
  }

  /** @param own of the process that asks: what it knows of the time. */
  timers(own: Clock): TimerService {
    return { wakeAt: (execution, group, at) => this.#wakeAt(own, execution, group, at) };
  }

  async #wakeAt(own: Clock, execution: string, group: string, at: number): Promise<WakeUp> {
    const now = own.now();
    const early = this.#dice.chance(this.disorder) ? this.#dice.below(TIMER_PRECISION_MS) : 0;
    const seconds = Math.max(0, Math.ceil((at - now - early) / 1000));
    if (seconds * 1000 <= MAX_DELAY_MS) {
      await this.send([{ execution, group, delaySeconds: seconds }]);
      return { from: now + seconds * 1000, at };
    }
    const due = at - TIMER_PRECISION_MS;
    const known = this.#schedules.get(execution);
    if (known !== undefined && known.at <= due) return wakeUpOf(known.at);
    known?.cancel();
    const cancel = this.#clock.after(due - this.#clock.now(), () => {
      this.#schedules.delete(execution);
      void this.send([{ execution, group }]);
    });
    this.#schedules.set(execution, { at: due, cancel });
    return wakeUpOf(due);
  }

  #enqueue(message: WorkMessage, delay: number): void {
    this.#clock.after(delay, () => {
      if (this.#dice.chance(this.lost)) return this.#enqueue(message, AGAIN_AFTER_DEATH_MS);
      this.#deliver(message).then(
        (end) => {
          if (end === 'died') this.#enqueue(message, AGAIN_AFTER_DEATH_MS);
        },
        () => this.#enqueue(message, AGAIN_AFTER_FAILURE_MS),
      );
    });
  }
}

function wakeUpOf(schedule: number): WakeUp {
  return { from: schedule - CLOCKS_DIFFER_MS, at: schedule + TIMER_PRECISION_MS };
}
