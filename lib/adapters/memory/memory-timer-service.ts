import type { Clock } from '../../ports/clock.ts';
import type { TimerService, WakeUp, WorkQueue } from '../../ports/work-queue.ts';
import { Schedule, type Scheduled } from './schedule.ts';

interface Wake extends Scheduled {
  readonly execution: string;
  readonly group: string;
}

/** ms until a send that failed is tried again. */
const RETRY = 1_000;

/**
 * Timers of one process: one wake for each execution, the earliest asked for. A turn that is woken asks for the next.
 * Losing them with the process is harmless: the first turn of an open execution sets them again.
 */
export class MemoryTimerService implements TimerService {
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #wakes = new Map<string, Wake>();
  readonly #schedule = new Schedule<Wake>();
  #armed: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, queue: WorkQueue) {
    this.#clock = clock;
    this.#queue = queue;
  }

  async wakeAt(execution: string, group: string, at: number): Promise<WakeUp> {
    this.#set(execution, group, at);
    this.#arm();
    const sure = this.#wakes.get(execution)?.at ?? at;
    return { from: sure, at: sure };
  }

  /** Executions that will be woken. */
  get pending(): number {
    return this.#schedule.size;
  }

  /** Forgets all wakes. */
  stop(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    for (const wake of this.#wakes.values()) this.#schedule.remove(wake);
    this.#wakes.clear();
  }

  #set(execution: string, group: string, at: number): void {
    const wake = this.#wakes.get(execution);
    if (wake === undefined) {
      const added = { execution, group, at };
      this.#wakes.set(execution, added);
      this.#schedule.add(added);
    } else if (at < wake.at) {
      this.#schedule.move(wake, at);
    }
  }

  #arm(): void {
    const at = this.#schedule.first()?.at;
    if (at === undefined || (this.#armed !== undefined && this.#armed.at <= at)) return;
    this.#armed?.cancel();
    this.#armed = { at, cancel: this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire()) };
  }

  #fire(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    const due: Wake[] = [];
    for (let wake = this.#schedule.first(); wake !== undefined && wake.at <= now; wake = this.#schedule.first()) {
      this.#schedule.remove(wake);
      this.#wakes.delete(wake.execution);
      due.push(wake);
    }
    this.#arm();
    if (due.length > 0) void this.#send(due);
  }

  async #send(due: readonly Wake[]): Promise<void> {
    try {
      await this.#queue.send(due.map(({ execution, group }) => ({ execution, group })));
    } catch {
      for (const { execution, group } of due) this.#set(execution, group, this.#clock.now() + RETRY);
      this.#arm();
    }
  }
}
