import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { executionArn } from '../../lib/model/arn.ts';
import { CHILD, INPUT, randomDefinition } from './simulation/random-workflow.ts';
import { LIMITS, SimulatedWorld } from './simulation/simulated-world.ts';

/**
 * Random workflows on engines whose world is as bad as it is allowed to be. `SEEDS=1000` runs more of them,
 * `FIRST_SEED=42 SEEDS=1` one again.
 */
const SEEDS = Number(process.env['SEEDS'] ?? 120);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index);

const EXECUTIONS = 4;
const BAD_MS = 400_000;
const LONGEST_MS = 60_000_000;

/** Of each pool: the most permits that were ever held at the same time. */
const mostHeld = new Map<string, number>();

async function simulate(seed: number, exclusive: boolean): Promise<readonly string[]> {
  const severity = (seed % 4) / 2;
  const faults = {
    crash: 0.003 * severity,
    unavailable: 0.01 * severity,
    pause: exclusive ? 0 : 0.001 * severity,
    slow: 0.3,
  };
  const world = new SimulatedWorld({ seed, exclusive, faults, disorder: exclusive ? 0 : 0.1 });
  const { dice, clock } = world;
  await world.register(CHILD, randomDefinition(dice, { children: false }));
  for (let n = 0; n < EXECUTIONS; n += 1) {
    const workflow = await world.register(`w${n}`, randomDefinition(dice, { children: true }));
    const name = `run-${n}`;
    clock.after(dice.below(30_000), () => void world.start(workflow, name, INPUT));
    const arn = executionArn(
      { partition: 'aws', region: 'eu-central-1', account: '123456789012' },
      workflow.name,
      name,
    );
    for (const token of ['first', 'second', 'second']) {
      if (dice.chance(0.5)) clock.after(60_000 + dice.below(BAD_MS), () => void world.redrive(arn, token));
    }
    if (dice.chance(0.15)) clock.after(40_000 + dice.below(200_000), () => void world.stop(arn));
  }
  await clock.run({ until: clock.now() + BAD_MS });
  world.calm();
  await world.run(LONGEST_MS);
  const violations = await world.close();
  for (const [pool, most] of world.witness.permits.most) mostHeld.set(pool, Math.max(most, mostHeld.get(pool) ?? 0));
  return violations;
}

describe.each([
  ['one process, restarted', true],
  ['processes that share a store', false],
] as const)('%s', (_name, exclusive) => {
  test.each(seeds)('keeps what is promised, seed %i', async (seed) => {
    expect(await simulate(seed, exclusive)).toEqual([]);
  });
});

test.runIf(SEEDS >= 100)('uses every pool up to its limit', () => {
  expect(mostHeld).toEqual(LIMITS);
});
