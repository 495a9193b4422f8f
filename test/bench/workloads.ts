import type { Json, JsonObject } from '../../lib/model/json.ts';
import { type Bench, PERMITS } from './engine.ts';
import { percentiles, round } from './figures.ts';

/** Named figures; the name says the unit. */
export type Measurement = Readonly<Record<string, number>>;

type Workload = (bench: Bench, scale: number) => Promise<Measurement>;

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:increment';

/** What is measured is the warmed-up engine: a server that has run for a second. */
const WARM_UP_EXECUTIONS = 300;

/** Workloads that are one measurement in themselves are repeated, and the middle one counts. */
const ROUNDS = 5;

export const workloads: Readonly<Record<string, Workload>> = {
  W1: throughput,
  W2: fanOut,
  W3: longChain,
  W4: latency,
  W5: permits,
};

/** 500 executions of ten sequential tasks (input + 1), 32 at a time. */
async function throughput(bench: Bench, scale: number): Promise<Measurement> {
  const run = await bench.register('bench-ten-steps', chain(10));
  await concurrently(WARM_UP_EXECUTIONS, 32, async () => void (await run(0)));
  const executions = 500 * scale;
  const times: number[] = [];
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms } = await timed(() =>
      concurrently(executions, 32, async () => {
        const execution = await timed(() => run(0));
        if (execution.output !== 10) throw new Error(`Ten increments of 0 gave ${JSON.stringify(execution.output)}.`);
        times.push(execution.ms);
      }),
    );
    rounds.push(ms);
  }
  const seconds = percentiles(rounds).p50 / 1000;
  const { p50, p99 } = percentiles(times);
  return {
    'executions/s': round(executions / seconds),
    'steps/s': round((executions * 10) / seconds),
    'p50 ms': p50,
    'p99 ms': p99,
  };
}

/** One fan-out of 100 tasks, and their join. */
async function fanOut(bench: Bench, scale: number): Promise<Measurement> {
  const run = await bench.register('bench-fan-out', {
    StartAt: 'All',
    States: { All: { Type: 'Map', ItemProcessor: { StartAt: 'One', States: { One: task() } }, End: true } },
  });
  const items = Array.from({ length: 100 }, (_, index) => index);
  const times = await repeated(100 * scale, () => run(items));
  const { p50, p99 } = percentiles(times);
  return { 'p50 ms': p50, 'p99 ms': p99 };
}

/** One execution of 1,000 sequential tasks: time a step in the first hundred and in the last. */
async function longChain(bench: Bench, scale: number): Promise<Measurement> {
  const steps = Math.max(300, 1_000 * scale);
  const moments: number[] = [];
  bench.handlers['stamp'] = (value: number) => {
    moments.push(performance.now());
    return value + 1;
  };
  const run = await bench.register(`bench-${steps}-steps`, chain(steps, FUNCTION.replace('increment', 'stamp')));
  const perStep = { first: [] as number[], last: [] as number[] };
  for (let repeat = 0; repeat < ROUNDS; repeat += 1) {
    moments.length = 0;
    await run(0);
    perStep.first.push(meanStep(moments.slice(0, 101)));
    perStep.last.push(meanStep(moments.slice(-101)));
  }
  return {
    'first hundred ms/step': percentiles(perStep.first).p50,
    'last hundred ms/step': percentiles(perStep.last).p50,
  };
}

/** One-task executions, one after another. */
async function latency(bench: Bench, scale: number): Promise<Measurement> {
  const run = await bench.register('bench-one-step', chain(1));
  const times = await repeated(1_000 * scale, () => run(0));
  const { p50, p99 } = percentiles(times);
  return { 'p50 ms': p50, 'p99 ms': p99 };
}

/** A Map of 2,000 items that do nothing, each with a permit of a pool; and the same, held back by the Map itself. */
async function permits(bench: Bench, scale: number): Promise<Measurement> {
  const items = Array.from({ length: 2_000 * scale }, (_, index) => index);
  const perItem = async (name: string, map: JsonObject, state: JsonObject) => {
    const one = { StartAt: 'One', States: { One: { Type: 'Pass', End: true, ...state } } };
    const run = await bench.register(name, {
      StartAt: 'All',
      States: { All: { Type: 'Map', End: true, ...map, ItemProcessor: one } },
    });
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push((await timed(() => run(items))).ms);
    return round(percentiles(rounds).p50 / items.length);
  };
  return {
    'permits ms/item': await perItem('bench-permits', {}, { Pool: 'bench' }),
    'MaxConcurrency ms/item': await perItem('bench-at-once', { MaxConcurrency: PERMITS }, {}),
  };
}

function meanStep(moments: readonly number[]): number {
  return ((moments.at(-1) ?? 0) - (moments[0] ?? 0)) / (moments.length - 1);
}

function task(resource = FUNCTION, next?: string): Json {
  return { Type: 'Task', Resource: resource, ...(next === undefined ? { End: true } : { Next: next }) };
}

function chain(length: number, resource?: string): Json {
  const states = Array.from({ length }, (_, index): [string, Json] => [
    `Step${index}`,
    task(resource, index < length - 1 ? `Step${index + 1}` : undefined),
  ]);
  return { StartAt: 'Step0', States: Object.fromEntries(states) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly output: T }> {
  const started = performance.now();
  const output = await work();
  return { ms: performance.now() - started, output };
}

async function repeated(times: number, work: () => Promise<Json>): Promise<number[]> {
  const measured: number[] = [];
  for (let i = 0; i < 20; i += 1) await work();
  for (let i = 0; i < times; i += 1) measured.push((await timed(work)).ms);
  return measured;
}

async function concurrently(times: number, lanes: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
