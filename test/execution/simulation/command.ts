import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Failure, simulateAll, simulateUntilFailure } from './batch.ts';
import {
  commandOf,
  formatOptions,
  isOptionName,
  type OptionName,
  optionsOf,
  type SimulationOptions,
} from './options.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const USAGE = `npm run simulate -- [--seeds N] [--from SEED] [--threads N] [--with 'name=value …']
npm run simulate -- --faults [--seeds N] [--threads N] [--only NAME,…]

Runs simulations of the engine, one for each seed; the same seed does the same. Exit code 1: something that is
promised was not kept; the command that repeats it is printed. --with changes options of all seeds.
--faults puts faults into copies of the engine, and tells after how many seeds each is found.`;

/** Those that are shrunk; the others are only named. */
const MOST_SHRUNK = 3;
const MOST_VIOLATIONS = 5;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string' },
    with: { type: 'string', default: '' },
    faults: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** One thread, until the first failure, which is told as JSON. */
    first: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.faults) {
    const { tryFaults } = await import('./fault-trials.ts');
    const threads = values.threads === undefined ? availableParallelism() : integer(values.threads);
    return tryFaults(integer(values.seeds ?? '3000'), { only: values.only, threads });
  }
  const count = integer(values.seeds ?? '1000');
  const from = integer(values.from);
  const changes = readChanges(values.with);
  const optionsAt = (index: number): SimulationOptions => ({ ...optionsOf(from + index), ...changes });
  return values.first ? findFirst(count, optionsAt) : runAll(count, optionsAt);
}

async function runAll(count: number, optionsAt: (index: number) => SimulationOptions): Promise<number> {
  const began = performance.now();
  const tell = (ended: number) => {
    if (ended % 1_000 === 0 && ended < count) console.log(`${ended} of ${count} seeds, ${since(began)} s`);
  };
  const threads = values.threads === undefined ? {} : { threads: integer(values.threads) };
  const { failures } = await simulateAll(count, optionsAt, { ...threads, done: tell });
  for (const [index, failure] of failures.entries()) await report(failure, index < MOST_SHRUNK);
  const rate = (count / Number(since(began))).toFixed(0);
  console.log(`${count} seeds in ${since(began)} s (${rate} a second), ${failures.length} failed.`);
  return failures.length === 0 ? 0 : 1;
}

async function report({ options, violations }: Failure, isShrunk: boolean): Promise<void> {
  console.log(`\nSeed ${options.seed} fails: ${commandOf(options)}`);
  for (const violation of violations.slice(0, MOST_VIOLATIONS)) console.log(`  ${violation}`);
  if (violations.length > MOST_VIOLATIONS) console.log(`  and ${violations.length - MOST_VIOLATIONS} more`);
  if (!isShrunk) return;
  const smallest = await shrink(options, async (smaller) => (await simulate(smaller)).violations.length > 0);
  if (formatOptions(smallest) === formatOptions(options)) return;
  console.log(`  Also with less: ${commandOf(smallest)}`);
  for (const violation of (await simulate(smallest)).violations.slice(0, MOST_VIOLATIONS))
    console.log(`    ${violation}`);
}

/** For trials of faults. */
async function findFirst(count: number, optionsAt: (index: number) => SimulationOptions): Promise<number> {
  const answer = await simulateUntilFailure(count, optionsAt);
  console.log(JSON.stringify(answer));
  return answer.violation === undefined ? 0 : 1;
}

function readChanges(text: string): Partial<Record<OptionName, number>> {
  const changes: Partial<Record<OptionName, number>> = {};
  for (const part of text.split(/[\s,]+/).filter((word) => word !== '')) {
    const [name = '', value = ''] = part.split('=');
    const number = Number(value);
    if (!isOptionName(name) || value === '' || Number.isNaN(number)) throw new Error(`There is no option "${part}".`);
    changes[name] = number;
  }
  return changes;
}

function integer(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`Give a whole number, not "${text}".`);
  return number;
}

function since(began: number): string {
  return ((performance.now() - began) / 1_000).toFixed(1);
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
