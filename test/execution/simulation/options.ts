import { Dice } from './dice.ts';

/** What a simulation is made of. All of it are numbers, so that a failing one can be shrunk, and repeated from a command line. */
export const PLAIN = {
  /** 1: processes that share a store, and a queue between them; 0: one process with a queue of its own, restarted when it has died. */
  shared: 0,
  executions: 1,
  /** 1: each workflow has two executions, and all start at the same time. */
  rush: 0,
  /** States of a scope, at most. */
  width: 1,
  /** Levels of Parallel and Map within each other. */
  depth: 0,
  /** Child executions, distributed maps, jobs. */
  children: 0,
  /** How many of the functions are marked as such: two processes may work on them at the same time. */
  idempotent: 0,
  /** Splits, joins, places, triggers, mutexes, work items. */
  nets: 0,
  /** Resource pools. */
  pools: 0,
  /** Circuit breakers and rate limits. */
  gates: 0,
  /** How often an execution is redriven, and how often it is stopped. */
  redrives: 0,
  stops: 0,
  /** How often one is suspended for a while, forked, migrated to another definition, and erased once it has closed. */
  suspends: 0,
  forks: 0,
  migrations: 0,
  erasures: 0,
  /** What has closed is sealed into a ledger, by two processes at a time. */
  seals: 0,
  /** Characters that results of tasks have, so that snapshots are written. */
  bulk: 0,
  /** Executions in the cache of a process. */
  cache: 0,
  /** Of calls of ports: the process dies, before or after it took effect. */
  crash: 0,
  /** The call fails, before or after it took effect. */
  unavailable: 0,
  /** Calls are refused for some seconds from here on. */
  throttled: 0,
  /** The process stands still for up to two minutes. */
  pause: 0,
  /** The call takes some time. */
  slow: 0,
  /** Of messages: they come twice, or late; and what projectors are told, in any order. */
  disorder: 0,
  /** A message gets lost on its way, and comes again later. */
  lost: 0,
  /** Clocks of processes differ from the true time by so many ms at most. */
  skew: 0,
};

export type OptionName = keyof typeof PLAIN;
export type SimulationOptions = Readonly<Record<OptionName, number>> & { readonly seed: number };

export const OPTION_NAMES = Object.keys(PLAIN).filter(isOptionName);

export function isOptionName(name: string): name is OptionName {
  return name in PLAIN;
}

/** Of the worlds in which several processes share pools. */
const RUSHES = 0.4;

/** What a seed stands for: mostly small worlds, in which little is tried at a time; now and then a large one with everything. */
export function optionsOf(seed: number): SimulationOptions {
  const dice = new Dice(seed ^ 0x5eed);
  const flag = (probability: number) => (dice.chance(probability) ? 1 : 0);
  const shared = flag(0.6);
  const isLarge = dice.chance(0.08);
  const severity = dice.pick([0, 0.5, 1, 1, 2]);
  const faults = {
    crash: 0.01 * severity * flag(0.7),
    unavailable: 0.01 * severity * dice.pick([0, 0, 1, 4]),
    throttled: 0.003 * severity * flag(0.3),
    slow: dice.pick([0, 0.3, 0.6]),
  };
  const cloudFaults = {
    pause: 0.002 * severity * flag(0.4),
    disorder: dice.pick([0, 0.1, 0.3]),
    lost: dice.pick([0, 0, 0.1]),
    skew: dice.pick([0, 0, 500, 2_000]),
  };
  const options = {
    ...PLAIN,
    seed,
    shared,
    executions: isLarge ? 4 : 1 + dice.below(3),
    width: isLarge ? 4 : 2 + dice.below(2),
    depth: isLarge ? 3 : 1 + flag(0.3),
    children: flag(0.5),
    nets: flag(0.4),
    pools: flag(0.5),
    gates: flag(0.25),
    redrives: dice.pick([0, 0.5]),
    stops: dice.pick([0, 0, 0.3]),
    bulk: dice.pick([0, 0, 0, 3_000]),
    cache: dice.pick([1, 2_000, 2_000]),
    idempotent: dice.pick([0.1, 0.5, 0.5, 1]),
    ...faults,
    ...(shared === 1 ? cloudFaults : {}),
  };
  // Of dice of their own, so that nothing else that a seed stands for depends on them.
  const mayRush = shared === 1 && options.pools === 1;
  const more = new Dice(seed ^ 0xca11);
  return {
    ...options,
    rush: mayRush && new Dice(seed ^ 0x7054).chance(RUSHES) ? 1 : 0,
    suspends: options.gates === 1 ? more.pick([0, 1, 1]) : more.pick([0, 0, 0.5]),
    forks: more.pick([0, 0, 0, 0.4]),
    migrations: more.pick([0, 0, 0.5]),
    erasures: more.pick([0, 0, 0, 0.5]),
    seals: more.pick([0, 0, 1]),
  };
}

/** As in `shared=1 executions=2`: what differs from the seed's own options. */
export function formatOptions(options: SimulationOptions): string {
  const own = optionsOf(options.seed);
  const changed = OPTION_NAMES.filter((name) => options[name] !== own[name]);
  return changed.map((name) => `${name}=${options[name]}`).join(' ');
}

/** The one command that repeats a simulation. */
export function commandOf(options: SimulationOptions): string {
  const changed = formatOptions(options);
  return `npm run simulate -- --seeds 1 --from ${options.seed}${changed === '' ? '' : ` --with '${changed}'`}`;
}
