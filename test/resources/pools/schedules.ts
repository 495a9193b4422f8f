import type { KeyValueStore } from '../../../lib/ports/key-value-store.ts';

/** What one actor does, with a store of its own whose every call waits until it is picked. */
export type Actor = (store: KeyValueStore, self: Self) => Promise<void>;

export interface Self {
  /** Does nothing until somebody wakes it. A wake-up that came before counts. */
  sleep(): Promise<void>;
  /** Its process dies: it does nothing more. */
  die(): Promise<never>;
}

interface Case {
  readonly store: KeyValueStore;
  readonly actors: Readonly<Record<string, Actor>>;
  /** What is wrong at this moment; asked after every call. */
  readonly check: () => string | undefined;
  /** Nobody can go on by himself: lets time pass and the like. False: this is the end. */
  readonly rest: (asleep: readonly string[]) => Promise<boolean>;
}

export interface World {
  readonly wake: (actor: string) => void;
}

/** One actor as the scheduler sees it. */
class Process implements Self {
  #isDone = false;
  #isWoken = false;
  #awakened: (() => void) | undefined;
  /** Calls that wait to be picked, in the order in which they were made. */
  readonly #calls: (() => void)[] = [];

  get state(): 'running' | 'blocked' | 'asleep' | 'done' {
    if (this.#isDone) return 'done';
    if (this.#calls.length > 0) return 'blocked';
    return this.#awakened === undefined ? 'running' : 'asleep';
  }

  /** Its oldest call is made. */
  resume(): void {
    this.#calls.shift()?.();
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#calls.push(resolve);
    });
  }

  async sleep(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        this.#awakened = resolve;
      });
    }
    this.#awakened = undefined;
    this.#isWoken = false;
  }

  wake(): void {
    this.#isWoken = true;
    this.#awakened?.();
  }

  end(): void {
    this.#isDone = true;
  }

  /** It does nothing more, for ever. */
  die(): Promise<never> {
    this.end();
    return new Promise(() => {});
  }
}

/**
 * Runs a small case under every schedule with at most so many preemptions: every point at which the actor that runs is
 * put aside for another one although it could go on. Most errors of concurrent programs show with two (Musuvathi and
 * Qadeer, "Iterative Context Bounding for Systematic Testing of Multithreaded Programs", PLDI 2007).
 *
 * @param build makes the case anew for each schedule; it must do the same whenever it is scheduled alike.
 * @returns the number of schedules. @throws Error with the schedule under which something is wrong.
 */
export async function everySchedule(preemptions: number, build: (world: World) => Promise<Case>): Promise<number> {
  let count = 0;
  let prefix: readonly number[] = [];
  for (;;) {
    const steps = await runOnce(prefix, preemptions, build);
    count += 1;
    const last = steps.findLastIndex(({ index, of }) => index + 1 < of);
    const step = steps[last];
    if (step === undefined) return count;
    prefix = [...steps.slice(0, last).map(({ index }) => index), step.index + 1];
  }
}

/** Which of how many actors was picked; the first one is the one that goes on. */
interface Step {
  readonly index: number;
  readonly of: number;
}

async function runOnce(
  prefix: readonly number[],
  preemptions: number,
  build: (world: World) => Promise<Case>,
): Promise<readonly Step[]> {
  const processes = new Map<string, Process>();
  const { store, actors, check, rest } = await build({ wake: (name) => processes.get(name)?.wake() });
  const faults: unknown[] = [];
  for (const [name, actor] of Object.entries(actors)) {
    const process = new Process();
    processes.set(name, process);
    actor(paused(store, process), process)
      .catch((fault: unknown) => faults.push(fault))
      .finally(() => process.end());
  }
  const inState = (wanted: Process['state']) =>
    [...processes].filter(([, { state }]) => state === wanted).map(([name]) => name);
  const steps: Step[] = [];
  const schedule: string[] = [];
  const wrong = (what: string) => new Error(`${what} Schedule: ${schedule.join(' ')}`);
  let left = preemptions;
  for (;;) {
    await settled();
    const problem = faults.length > 0 ? String(faults[0]) : check();
    if (problem !== undefined) throw wrong(problem);
    const ready = inState('blocked');
    if (ready.length === 0) {
      const asleep = inState('asleep');
      if (asleep.length === 0) return steps;
      if (await rest(asleep)) continue;
      throw wrong(`${asleep.join(', ')} wait for ever.`);
    }
    const current = schedule.at(-1) ?? '';
    const isPreemption = ready.includes(current);
    const others = isPreemption && left === 0 ? [] : ready.filter((name) => name !== current);
    const choices = isPreemption ? [current, ...others] : others;
    const index = prefix[steps.length] ?? 0;
    const picked = choices[index];
    if (picked === undefined) throw wrong('The case does not do the same when it is scheduled alike.');
    if (isPreemption && index > 0) left -= 1;
    steps.push({ index, of: choices.length });
    schedule.push(picked);
    processes.get(picked)?.resume();
  }
}

/** Each call waits until it is picked. */
function paused(store: KeyValueStore, process: Process): KeyValueStore {
  const turn = () => process.turn();
  return {
    get: (...args) => turn().then(() => store.get(...args)),
    put: (...args) => turn().then(() => store.put(...args)),
    delete: (...args) => turn().then(() => store.delete(...args)),
    list: (...args) => turn().then(() => store.list(...args)),
  };
}

/** Everything that can go on without being picked has. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
