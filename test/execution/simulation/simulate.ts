import type { Workflow } from '../../../lib/execution/workflows.ts';
import { executionArn } from '../../../lib/model/arn.ts';
import { Dice } from './dice.ts';
import type { SimulationOptions } from './options.ts';
import { place } from './process.ts';
import { CHILD } from './random-state.ts';
import { extended, INPUT, OTHER_REVISION, randomDefinition } from './random-workflow.ts';
import { SimulatedWorld } from './simulated-world.ts';

export interface SimulationResult {
  /** What was promised and not kept; none: all is well. */
  readonly violations: readonly string[];
  /** The same for the same options, however often. */
  readonly digest: string;
  /** By pool: the most permits that were held at the same time. */
  readonly mostHeld: ReadonlyMap<string, number>;
}

/** Until when things go wrong, ms from the beginning, and how long everything may take then. */
const BAD_MS = 400_000;
const LONGEST_MS = 60_000_000;
const STARTS_MS = 30_000;
const RUSH_MS = 20;
/** How often two people want the same. */
const AT_ONCE = 0.3;

/** Random workflows on engines whose world is as bad as it is allowed to be. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = new SimulatedWorld(options);
  try {
    await live(world, options);
    const violations = await world.close();
    return { violations, digest: world.witness.digest, mostHeld: world.witness.permits.most };
  } catch (error) {
    const { violations, digest, permits } = world.witness;
    return { violations: [...violations, `The simulation ends: ${describe(error)}`], digest, mostHeld: permits.most };
  }
}

async function live(world: SimulatedWorld, options: SimulationOptions): Promise<void> {
  const { seed, executions, width, depth, idempotent } = options;
  const parts = { width, depth, idempotent, nets: options.nets === 1, pools: options.pools === 1 };
  // Of its own, so that it stays the same when other options are made plainer.
  const definition = (n: number, children: boolean) =>
    randomDefinition(new Dice(seed * 31 + n), { ...parts, children });
  if (options.children === 1) await world.register(CHILD, definition(-1, false));
  for (let n = 0; n < executions; n += 1) {
    const own = definition(n, options.children === 1);
    const workflow = await world.register(`w${n}`, own, options.migrations === 0 ? undefined : extended(own));
    run(world, options, workflow, `run-${n}`);
    if (options.rush === 1) run(world, options, workflow, `twin-${n}`);
  }
  await world.run(BAD_MS);
  world.calm();
  await world.runToEnd(LONGEST_MS);
}

/** Somebody starts an execution, and others have to do with it then. */
function run(world: SimulatedWorld, options: SimulationOptions, of: Workflow, name: string): void {
  const { dice, clock, outside } = world;
  const arn = executionArn(place, of.name, name);
  const startsMs = options.rush === 1 ? RUSH_MS : STARTS_MS;
  clock.after(dice.below(startsMs), () => void outside.start(of, name, INPUT, options.shared === 0));
  for (const token of ['first', 'second', 'second']) {
    const after = 60_000 + dice.below(BAD_MS);
    if (dice.chance(options.redrives)) clock.after(after, () => void outside.redrive(arn, token));
  }
  if (dice.chance(options.stops)) clock.after(40_000 + dice.below(200_000), () => void outside.stop(arn));
  for (const event of options.nets === 1 ? ['e1', 'e2', 'e2', 'e3'] : []) {
    clock.after(STARTS_MS + dice.below(200_000), () => void outside.tell(arn, event));
  }
  change(world, options, arn);
}

/** Somebody holds it back for a while, forks it, has it go on with another definition, erases it. */
function change({ dice, clock, outside }: SimulatedWorld, options: SimulationOptions, arn: string): void {
  for (let times = 0; times < 2; times += 1) {
    if (!dice.chance(options.suspends)) continue;
    // Gates hold back most in the beginning.
    const from = dice.below(options.gates === 1 ? 60_000 : 200_000);
    clock.after(from, () => void outside.suspend(arn));
    if (dice.chance(AT_ONCE)) clock.after(from + dice.below(RUSH_MS), () => void outside.suspend(arn));
    clock.after(from + dice.below(120_000), () => void outside.resume(arn));
  }
  for (const name of ['fork-1', 'fork-2']) {
    const fork = `${name}-${arn.slice(arn.lastIndexOf(':') + 1)}`;
    if (dice.chance(options.forks)) clock.after(dice.below(BAD_MS), () => void outside.fork(arn, fork));
  }
  for (const revision of [OTHER_REVISION, '1', OTHER_REVISION]) {
    if (!dice.chance(options.migrations)) continue;
    const at = dice.below(300_000);
    clock.after(at, () => void outside.migrate(arn, revision));
    if (dice.chance(AT_ONCE)) clock.after(at + dice.below(RUSH_MS), () => void outside.migrate(arn, revision));
  }
  if (!dice.chance(options.erasures)) return;
  const at = 100_000 + dice.below(BAD_MS);
  clock.after(at, () => void outside.erase(arn));
  if (dice.chance(options.redrives)) clock.after(at + dice.below(RUSH_MS), () => void outside.redrive(arn, 'third'));
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
