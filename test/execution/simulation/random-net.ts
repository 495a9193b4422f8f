import type { JsonObject } from '../../../lib/model/json.ts';
import type { Dice } from './dice.ts';
import { type Leaf, wait, workItem } from './random-state.ts';

/** States that follow one another: entered by the first, left from the last. */
export interface Segment {
  readonly entry: string;
  readonly exit: string;
  readonly states: readonly NamedState[];
  /** Of the scope. */
  readonly mutex?: JsonObject;
}

export type NamedState = readonly [name: string, fields: JsonObject];

/** The event that somebody sends to every execution, now and then. */
export const EVENT = 'go';

export interface NetParts {
  readonly dice: Dice;
  readonly named: (kind: string) => string;
  readonly leaf: () => Leaf;
}

const JOINS = ['all', 'active', 'absorb', 'cancel', 'threads'] as const;

/** A part of a net that closes by itself, whatever its tasks do. */
export function randomSegment(parts: NetParts): Segment {
  const draw = parts.dice.fraction();
  if (draw < 0.4) return split(parts);
  if (draw < 0.55) return multiChoice(parts);
  if (draw < 0.8) return deferredChoice(parts);
  if (draw < 0.9) return exclusion(parts);
  return cancellation(parts);
}

/** Parallel branches, and a join of one kind or another. */
function split({ dice, named, leaf }: NetParts): Segment {
  const [entry, exit] = [named('Split'), named('Join')];
  const branches = Array.from({ length: 2 + dice.below(2) }, () => branch({ named, leaf }, exit));
  const names = branches.map(([name]) => name);
  const kind = dice.pick(JOINS);
  const join =
    kind === 'absorb'
      ? { Count: 1, Rest: 'absorb' }
      : kind === 'cancel'
        ? { Count: 1, Rest: 'cancel', Cancels: names }
        : kind === 'threads'
          ? { Threads: names.length }
          : kind;
  return {
    entry,
    exit,
    states: [[entry, { Type: 'Pass', Next: names }], ...branches, [exit, { Type: 'Pass', Join: join }]],
  };
}

/** Some branches or all of them, and an OR-join. */
function multiChoice({ dice, named, leaf }: NetParts): Segment {
  const [entry, exit] = [named('Some'), named('Join')];
  const branches = Array.from({ length: 3 }, () => branch({ named, leaf }, exit));
  const choices = branches.map(([name]) => ({
    Variable: `$$.Execution.Input.flags[${dice.below(4)}]`,
    BooleanEquals: true,
    Next: name,
  }));
  const fallback = branches[0]?.[0] ?? exit;
  return {
    entry,
    exit,
    states: [
      [entry, { Type: 'Choice', Select: 'All', Choices: choices, Default: fallback }],
      ...branches,
      [exit, { Type: 'Pass', Join: 'active' }],
    ],
  };
}

/** An event, a person or the time: whoever comes first. */
function deferredChoice({ dice, named }: NetParts): Segment {
  const [entry, exit, time, item, event] = [named('Open'), named('Chosen'), named('Time'), named('Item'), named('On')];
  const trigger = { Trigger: { Event: EVENT, Persistent: dice.chance(0.7) } };
  return {
    entry,
    exit,
    states: [
      [entry, { Type: 'Place', Next: [time, item, event] }],
      [time, { ...wait(dice), Next: exit }],
      [item, { ...workItem(dice), Next: exit }],
      [event, { Type: 'Pass', ...trigger, Next: exit }],
      [exit, { Type: 'Pass' }],
    ],
  };
}

/** Branches of which one works at a time. */
function exclusion({ named, leaf }: NetParts): Segment {
  const [entry, exit, mutex] = [named('Split'), named('Join'), named('mutex')];
  const branches = [branch({ named, leaf }, exit), branch({ named, leaf }, exit)];
  const names = branches.map(([name]) => name);
  return {
    entry,
    exit,
    states: [[entry, { Type: 'Pass', Next: names }], ...branches, [exit, { Type: 'Pass', Join: 'all' }]],
    mutex: { [mutex]: names },
  };
}

/** One branch withdraws the other one. */
function cancellation({ dice, named, leaf }: NetParts): Segment {
  const [entry, exit, end] = [named('Split'), named('Join'), named('End')];
  const work = branch({ named, leaf }, exit);
  return {
    entry,
    exit,
    states: [
      [entry, { Type: 'Pass', Next: [work[0], end] }],
      work,
      [end, { Type: 'Wait', Seconds: 1 + dice.below(60), Cancels: [work[0]], Next: exit }],
      [exit, { Type: 'Pass', Join: 'active' }],
    ],
  };
}

function branch({ named, leaf }: Omit<NetParts, 'dice'>, next: string): NamedState {
  const [kind, fields] = leaf();
  return [named(kind), { ...fields, Next: next }];
}
