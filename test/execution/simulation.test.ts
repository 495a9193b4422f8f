import { availableParallelism } from 'node:os';
import process from 'node:process';
import { expect, test } from 'vitest';
import { simulateAll } from './simulation/batch.ts';
import { patched } from './simulation/fault-trials.ts';
import { FAULTS } from './simulation/faults.ts';
import { commandOf, formatOptions, optionsOf } from './simulation/options.ts';
import { LIMITS } from './simulation/process.ts';
import { shrink } from './simulation/shrink.ts';
import { simulate } from './simulation/simulate.ts';

/** `FIRST_SEED=10001` runs others, `SEEDS=100` fewer; `npm run simulate` does so on all cores. */
const SEEDS = Number(process.env['SEEDS'] ?? 10_000);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
/** The other cores have other tests to run. */
const THREADS = Math.ceil(availableParallelism() / 2);

test(`what is promised is kept, in ${SEEDS} simulations`, { timeout: 1_800_000 }, async () => {
  const { failures, mostHeld } = await simulateAll(SEEDS, (index) => optionsOf(FIRST_SEED + index), {
    threads: THREADS,
  });
  const told = failures.map(({ options, violations }) => [commandOf(options), ...violations].join('\n'));
  expect(told).toEqual([]);
  // Few of them need not get there.
  if (SEEDS >= 1_000) expect(mostHeld, 'every pool is used up to its limit').toEqual(LIMITS);
});

test.each([11, 12, 13, 14, 15])('seed %i writes the same log again', async (seed) => {
  const options = { ...optionsOf(seed), shared: 1, crash: 0.01, disorder: 0.3 };
  expect((await simulate(options)).digest).toBe((await simulate(options)).digest);
});

test('what fails is shrunk to what is needed for it, and named by one command', async () => {
  const failing = { ...optionsOf(7), executions: 4, crash: 0.02, disorder: 0.3, skew: 2_000 };
  const smallest = await shrink(failing, async ({ executions, disorder }) => executions >= 4 && disorder > 0.01);
  expect(smallest).toMatchObject({ executions: 4, width: 1, depth: 0, crash: 0, skew: 0, slow: 0 });
  expect(smallest.disorder).toBeLessThan(0.03);
  expect(formatOptions(smallest)).toContain('executions=4');
  expect(commandOf(optionsOf(7))).toBe('npm run simulate -- --seeds 1 --from 7');
});

test.each(FAULTS)('the fault $name can still be put into the engine', async (fault) => {
  expect(await patched(fault)).toContain(fault.replacement);
});
