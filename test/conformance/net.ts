import type { Json, JsonObject } from '../../lib/model/json.ts';

/** A pattern in a notation of no engine: a net, and runs of it, each a list of commands with what is to be open afterwards. */
export interface Scenario {
  readonly id: string;
  readonly name?: string;
  readonly net: Net;
  readonly runs: readonly Run[];
}

export interface Net {
  readonly start: string | readonly string[];
  /** Case data, and what they are at first. */
  readonly vars?: JsonObject;
  readonly tasks: Readonly<Record<string, NetTask>>;
  /** Places that are more than names in `in` and `out`. */
  readonly places?: readonly string[] | Readonly<Record<string, Json>>;
  /** Groups of states, of which one at a time may be occupied. */
  readonly mutex?: Readonly<Record<string, readonly (readonly string[] | string)[]>>;
  /** Child processes. */
  readonly nets?: Readonly<Record<string, Net>>;
}

export interface NetTask {
  readonly join?: 'any' | 'all' | 'active' | CountedJoin;
  /** Absent: to all. one: to the first that fits. some: to all that fit. */
  readonly split?: 'all' | 'one' | 'some';
  readonly out?: readonly (string | NetArc)[];
  /** Places it takes tokens from. */
  readonly in?: readonly (string | { readonly p: string; readonly n?: number })[];
  /** Places that must hold a token. */
  readonly read?: string | readonly string[];
  readonly trigger?: { readonly event: string; readonly persistent?: boolean };
  readonly mi?: NetInstances;
  /** The child process it runs: a name in `nets`, or `self`. */
  readonly sub?: string;
  /** What the child's case data begin with. */
  readonly pass?: Readonly<Record<string, Json>>;
  /** No work for the outside. */
  readonly auto?: boolean;
  /** Computed when it completes. */
  readonly set?: Readonly<Record<string, Json>>;
  readonly cancels?: readonly string[];
  readonly completes?: readonly string[];
  /** It ends its process at once. */
  readonly ends?: string | boolean;
}

export interface NetArc {
  readonly to: string;
  readonly if?: string;
  readonly default?: boolean;
  /** So many tokens. */
  readonly n?: number;
}

export interface CountedJoin {
  readonly need: number | string;
  /** absorb and block: of the branches that come late; cancel: of what is withdrawn. */
  readonly late?: 'absorb' | 'block' | 'cancel';
  readonly region?: readonly string[];
}

export interface NetInstances {
  readonly n: number | string;
  readonly add?: boolean;
  readonly sync?: boolean;
  readonly until?: number | string;
  readonly rest?: 'keep' | 'cancel';
}

export interface Run {
  readonly note?: string;
  readonly vars?: JsonObject;
  readonly steps: readonly Step[];
  readonly end?: {
    readonly completed?: Readonly<Record<string, number>>;
    readonly discarded?: number;
    readonly state?: CaseState;
  };
}

export interface Step {
  readonly op: 'start' | 'begin' | 'complete' | 'fail' | 'return' | 'signal' | 'add' | 'cancelCase';
  readonly target?: string;
  readonly vars?: JsonObject;
  readonly data?: JsonObject;
  readonly expect?: {
    readonly open?: readonly string[];
    readonly waiting?: readonly string[];
    readonly state?: CaseState;
    readonly refused?: boolean;
  };
}

export type CaseState = 'running' | 'completed' | 'cancelled' | 'deadlocked' | 'failed';

const FIELDS = {
  net: ['start', 'vars', 'tasks', 'places', 'mutex', 'nets'],
  task: [
    ...['join', 'split', 'out', 'in', 'read', 'trigger', 'mi', 'sub', 'pass', 'auto', 'set'],
    ...['cancels', 'completes', 'ends'],
  ],
  arc: ['to', 'if', 'default', 'n'],
  join: ['need', 'late', 'region'],
  mi: ['n', 'add', 'sync', 'until', 'rest'],
  trigger: ['event', 'persistent'],
  run: ['note', 'vars', 'steps', 'end'],
  step: ['op', 'target', 'vars', 'data', 'expect'],
  expect: ['open', 'waiting', 'state', 'refused'],
  end: ['completed', 'discarded', 'state'],
} as const;

/** A field that nobody looks at would be passed without a check. @throws Error naming it. */
export function checkFields({ net, runs }: Scenario): void {
  checkNet(net);
  for (const run of runs) {
    check('run', run);
    check('end', run.end);
    for (const step of run.steps) {
      check('step', step);
      check('expect', step.expect);
    }
  }
}

function checkNet(net: Net): void {
  check('net', net);
  for (const task of Object.values(net.tasks)) {
    check('task', task);
    check('join', task.join);
    check('mi', task.mi);
    check('trigger', task.trigger);
    for (const arc of task.out ?? []) check('arc', arc);
  }
  for (const child of Object.values(net.nets ?? {})) checkNet(child);
}

function check(kind: keyof typeof FIELDS, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const known: readonly string[] = FIELDS[kind];
  const unknown = Object.keys(value).filter((field) => !known.includes(field));
  if (unknown.length > 0) throw new Error(`The fields ${unknown.join(', ')} of a ${kind} are not known.`);
}
