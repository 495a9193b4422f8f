import { availableParallelism } from 'node:os';
import process from 'node:process';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { SimulationOptions } from './options.ts';
import { simulate } from './simulate.ts';

export interface Failure {
  readonly options: SimulationOptions;
  readonly violations: readonly string[];
}

/** What many simulations have come to. */
export interface Outcome {
  readonly failures: readonly Failure[];
  /** By pool: the most permits that were ever held at the same time. */
  readonly mostHeld: ReadonlyMap<string, number>;
}

/** What a thread tells about one. */
interface Report extends Failure, Pick<Outcome, 'mostHeld'> {}

/** Simulations are handed out one by one, so that the threads end together. */
export async function simulateAll(
  count: number,
  optionsAt: (index: number) => SimulationOptions,
  {
    threads = availableParallelism(),
    done,
  }: { readonly threads?: number; readonly done?: (count: number) => void } = {},
): Promise<Outcome> {
  const failures: Failure[] = [];
  const mostHeld = new Map<string, number>();
  let next = 0;
  let ended = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url));
      const feed = () => {
        if (next === count) return void worker.terminate().then(() => resolve(), reject);
        worker.postMessage(optionsAt(next));
        next += 1;
      };
      worker.on('error', reject);
      // Posted below.
      worker.on('message', ({ mostHeld: held, ...failure }: Report) => {
        ended += 1;
        if (failure.violations.length > 0) failures.push(failure);
        for (const [pool, most] of held) mostHeld.set(pool, Math.max(most, mostHeld.get(pool) ?? 0));
        done?.(ended);
        feed();
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(threads, count) }, work));
  return { failures: failures.sort((a, b) => a.options.seed - b.options.seed), mostHeld };
}

/** A simulation of an engine that is out of its mind may never end: so much processor time, or so much time, is too much. */
const LONGEST_WORK_MS = 20_000;
const LONGEST_MS = 600_000;
const LOOK_MS = 1_000;

/** One simulation after the other, until one fails: how many those were, and what was wrong. */
export async function simulateUntilFailure(
  count: number,
  optionsAt: (index: number) => SimulationOptions,
): Promise<{ readonly seeds: number; readonly violation?: string }> {
  const worker = new Worker(new URL(import.meta.url));
  try {
    for (let index = 0; index < count; index += 1) {
      const [violation] = await simulateIn(worker, optionsAt(index));
      if (violation !== undefined) return { seeds: index + 1, violation };
    }
    return { seeds: count };
  } finally {
    await worker.terminate();
  }
}

function simulateIn(worker: Worker, options: SimulationOptions): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const [from, before] = [performance.now(), process.cpuUsage()];
    const look = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      const isTooLong = (user + system) / 1_000 > LONGEST_WORK_MS || performance.now() - from > LONGEST_MS;
      if (isTooLong) answer(['The simulation hangs.']);
    }, LOOK_MS);
    const failed = (error: Error) => answer([`The simulation breaks: ${error.message}`]);
    const done = ({ violations }: Report) => answer(violations);
    const answer = (violations: readonly string[]) => {
      clearInterval(look);
      worker.off('message', done).off('error', failed);
      resolve(violations);
    };
    worker.on('message', done).on('error', failed).postMessage(options);
  });
}

if (!isMainThread) {
  parentPort?.on('message', (options: SimulationOptions) => {
    void simulate(options).then(({ violations, mostHeld }) =>
      parentPort?.postMessage({ options, violations, mostHeld } satisfies Report),
    );
  });
}
