import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, Deviation, type Execution } from './driver.ts';
import { checkLogs } from './log-check.ts';

/** How runs are played. */
export interface Variant {
  readonly name: string;
  /** How often each command is sent. */
  readonly times: number;
  /** How many executions of each run take their steps in turns. */
  readonly beside: number;
  /** The server ends after every step, and starts again on the same folder. */
  readonly restarts: boolean;
}

export const VARIANTS: readonly Variant[] = [
  { name: 'each by itself', times: 1, beside: 1, restarts: false },
  { name: 'restarted after every step', times: 1, beside: 1, restarts: true },
  { name: 'every command twice', times: 2, beside: 1, restarts: false },
  { name: 'two cases in turns', times: 1, beside: 2, restarts: false },
];

/** One execution that goes through the steps of a run. All methods throw `Deviation`s. */
export interface Player {
  readonly execution: Execution;
  readonly steps: number;
  /** @param times how often the command is sent. */
  play(index: number, times: number): Promise<void>;
  /** Looks whether what was so after a step still is. */
  stillSo(index: number): Promise<void>;
  checkEnd(): Promise<void>;
}

/** A run, and the executions that play it. */
export interface Played {
  readonly label: string;
  readonly players: readonly Player[];
  /** What went wrong first. */
  failure?: string;
}

export interface RunningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Runs that take a step at the same time. */
const AT_ONCE = 24;

/**
 * Plays runs on servers with a data folder of their own, all runs step by step beside one another, and then reads the
 * logs that they have left.
 * @param open starts a server on a folder.
 * @param deploy gives it the definitions.
 */
export async function playAll(
  { times, beside, restarts }: Variant,
  open: (dataDir: string) => Promise<RunningServer>,
  deploy: (address: Address, beside: number) => Promise<readonly Played[]>,
): Promise<readonly Played[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'knhk-patterns-'));
  let server = await open(dataDir);
  const address: Address = { url: server.url };
  try {
    const played = await deploy(address, beside);
    await playThrough(played, times, async (index) => {
      if (!restarts) return;
      await server.stop();
      server = await open(dataDir);
      address.url = server.url;
      await each(played, ({ players }) => all(players, (player) => player.stillSo(index)));
    });
    const items = await openItems(played);
    await server.stop();
    await blame(played, await checkLogs(dataDir, items));
    return played;
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * All runs step by step beside one another, to their ends.
 * @param between what happens after the step of that number.
 */
export async function playThrough(
  played: readonly Played[],
  times: number,
  between: (index: number) => Promise<void>,
): Promise<void> {
  const steps = Math.max(0, ...played.flatMap(({ players }) => players.map((player) => player.steps)));
  for (let index = 0; index < steps; index += 1) {
    await each(played, ({ players }) => playStep(players, index, times));
    await between(index);
  }
  await each(played, ({ players }) => all(players, (player) => player.checkEnd()));
}

async function each(played: readonly Played[], action: (one: Played) => Promise<void>): Promise<void> {
  const queue = played.values();
  const work = async () => {
    for (const one of queue) {
      if (one.failure !== undefined) continue;
      await action(one).catch((error: unknown) => {
        one.failure = error instanceof Deviation ? error.message : String(error);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function all(players: readonly Player[], action: (player: Player) => Promise<void>): Promise<void> {
  for (const player of players) await action(player);
}

async function playStep(players: readonly Player[], index: number, times: number): Promise<void> {
  for (const [i, player] of players.entries()) {
    await player.play(index, times);
    // What one execution does is nothing to those beside it.
    await all(players.slice(0, i), (other) => other.stillSo(index));
    await all(players.slice(i + 1), (other) => other.stillSo(index - 1));
  }
}

/** Task tokens by execution, as the API shows them. */
async function openItems(played: readonly Played[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const items = new Map<string, readonly string[]>();
  await each(played, async ({ players }) => {
    for (const { execution } of players) {
      // Those of children are shown with their parents.
      if (execution.hasChildren) continue;
      const { open } = await execution.look();
      items.set(
        execution.name,
        [...open.values()].flat().map(({ id }) => id),
      );
    }
  });
  return items;
}

async function blame(played: readonly Played[], wrong: ReadonlyMap<string, string>): Promise<void> {
  const known = new Set<string>();
  for (const one of played) {
    for (const { execution } of one.players) {
      known.add(execution.name);
      const finding = wrong.get(execution.name);
      if (finding !== undefined) one.failure ??= `its log: ${finding}`;
    }
  }
  for (const [execution, finding] of wrong) {
    if (!known.has(execution)) throw new Error(`The log of the child ${execution}: ${finding}`);
  }
}
