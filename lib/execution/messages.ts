import { nextDue } from '../model/due.ts';
import { fairnessGroup } from '../model/tenant.ts';
import type { LiveExecution } from '../state/state-manager.ts';
import { earliest } from './alarm.ts';
import type { EngineParts } from './parts.ts';
import { Questions } from './questions.ts';

/** The longest delay that a message can have, seconds. */
const MAX_DELAY_SECONDS = 900;
/** A wake-up that is to come within this time, ms, may be the one that brought the turn: clocks are set, and queues not exact. */
const INEXACT_MS = 2_000;

/** The messages that bring an execution its next turn. */
export class Messages {
  readonly #parts: Pick<EngineParts, 'queue' | 'timers' | 'clock'>;

  constructor(parts: Pick<EngineParts, 'queue' | 'timers' | 'clock'>) {
    this.#parts = parts;
  }

  /** Asks to be woken when something falls due, unless a wake-up is sure to come by then: the turn that it wakes asks again. */
  async setTimer(live: LiveExecution): Promise<void> {
    const due = earliest(nextDue(live.state), new Questions(live).next());
    if (due === undefined) return;
    const { wakeUp } = live;
    const isSure = wakeUp !== undefined && wakeUp.from - this.#parts.clock.now() > INEXACT_MS;
    if (!isSure || wakeUp.at > due) live.wakeUp = await this.#parts.timers.wakeAt(live.id, fairnessGroup(live.id), due);
  }

  /** By the queue alone: a timer may come early, and would then be taken for one message too many. */
  async sendBack(execution: string, at: number): Promise<number> {
    const now = this.#parts.clock.now();
    const delaySeconds = Math.min(Math.max(0, Math.ceil((at - now) / 1000)), MAX_DELAY_SECONDS);
    await this.send(execution, delaySeconds);
    return now + delaySeconds * 1000;
  }

  async send(execution: string, delaySeconds?: number): Promise<void> {
    const group = fairnessGroup(execution);
    await this.#parts.queue.send([{ execution, group, ...(delaySeconds === undefined ? {} : { delaySeconds }) }]);
  }
}
