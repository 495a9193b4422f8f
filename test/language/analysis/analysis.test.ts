import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Finding, loadDefinition } from '../../../lib/language/index.ts';
import type { JsonObject } from '../../../lib/model/json.ts';

const hash = (text: string) => createHash('md5').update(text).digest('hex');

function findingsIn(definition: JsonObject | string): readonly Finding[] {
  const { plan, findings } = loadDefinition(definition, { hash, isAnalysed: true });
  expect(plan, JSON.stringify(findings)).toBeDefined();
  return findings;
}

function found(StartAt: string, States: JsonObject): readonly string[] {
  const findings = findingsIn({ QueryLanguage: 'JSONata', StartAt, States });
  expect(findings.every(({ severity }) => severity === 'WARNING')).toBe(true);
  return findings.map(({ code, pointer }) => `${code} ${pointer}`);
}

function work(more: JsonObject = { End: true }): JsonObject {
  return { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', ...more };
}

function choice(...targets: readonly [string, string]): JsonObject {
  const [next, otherwise] = targets;
  return { Type: 'Choice', Choices: [{ Condition: '{% $states.input.yes %}', Next: next }], Default: otherwise };
}

describe('deadlocks', () => {
  it('a join of branches of which only one is ever taken', () => {
    const states = {
      Pick: choice('Left', 'Right'),
      Left: work({ Next: 'Both' }),
      Right: work({ Next: 'Both' }),
      Both: work({ Join: 'all', End: true }),
    };
    expect(found('Pick', states)).toEqual(['JOIN_NEVER_FIRES /States/Both/Join', 'DEADLOCK /States/Both']);
    const [, deadlock] = findingsIn({ QueryLanguage: 'JSONata', StartAt: 'Pick', States: states });
    expect(deadlock?.message).toBe(
      "this scope can only end in a deadlock, with a token from 'Left' left before 'Both' (after Pick, Left)",
    );
  });

  it('a join that a branch may miss', () => {
    const states = {
      Split: work({ Next: ['Left', 'Right'] }),
      Left: work({ Next: 'Look' }),
      Look: choice('Both', 'Away'),
      Right: work({ Next: 'Both' }),
      Both: work({ Join: 'all', End: true }),
      Away: work(),
    };
    expect(found('Split', states)).toEqual(['POSSIBLE_DEADLOCK /States/Both']);
    expect(found('Split', { ...states, Both: work({ Join: 'active', End: true }) })).toEqual([]);
    expect(found('Split', { ...states, Away: work({ Cancels: ['Right', 'Both'], End: true }) })).toEqual([]);
  });

  it('a branch that fails, and whose catcher leads past the join', () => {
    const states = {
      Split: work({ Next: ['Left', 'Right'] }),
      Left: work({ Next: 'Both', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Away' }] }),
      Right: work({ Next: 'Both' }),
      Both: work({ Join: 'all', End: true }),
      Away: work(),
    };
    expect(found('Split', states)).toEqual(['POSSIBLE_DEADLOCK /States/Both']);
    expect(found('Split', { ...states, Away: { Type: 'Fail' } })).toEqual([]);
  });

  it('threads that do not come out even', () => {
    const states = (threads: number) => ({
      Split: work({ Next: Array.from({ length: threads }, () => 'Thread') }),
      Thread: work({ Next: 'Pair' }),
      Pair: work({ Join: { Threads: 2 }, End: true }),
    });
    expect(found('Split', states(4))).toEqual([]);
    expect(found('Split', states(5))).toEqual(['DEADLOCK /States/Pair']);
  });

  it('tokens in a place that nobody takes', () => {
    const states = {
      Split: work({ Next: ['Open', 'Other'] }),
      Open: { Type: 'Place', Next: [] },
      Other: work({ Milestone: 'Open', End: true }),
    };
    expect(found('Split', states)).toEqual(['DEADLOCK /States/Open']);
    expect(found('Split', { ...states, Other: work({ Milestone: 'Open', Cancels: ['Open'], End: true }) })).toEqual([]);
  });

  it('a milestone that is never reached while somebody waits for it', () => {
    const states = {
      Begin: choice('Open', 'Wait'),
      Open: { Type: 'Place', Next: ['Close'] },
      Close: work(),
      Wait: work({ Milestone: 'Open', End: true }),
    };
    expect(found('Begin', states)).toEqual(['JOIN_NEVER_FIRES /States/Wait/Milestone']);
  });

  it('a join that counts, and is never fed enough', () => {
    const states = (next: readonly string[]) => ({
      Begin: work({ Next: ['A', 'Look'] }),
      Look: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.b %}', Next: [...next] }], Default: 'C' },
      A: work({ Next: 'Join' }),
      B: work({ Next: 'Join' }),
      C: work({ Next: 'Join' }),
      Join: work({ Join: { Count: 3, Rest: 'absorb' }, End: true }),
    });
    expect(found('Begin', states(['B']))).toEqual(['JOIN_NEVER_FIRES /States/Join/Join', 'DEADLOCK /States/Join']);
    expect(found('Begin', states(['B', 'C']))).toEqual(['POSSIBLE_DEADLOCK /States/Join']);
  });

  it('the round of a join that starts afresh when its state is cancelled', () => {
    const states = (cancels: readonly string[]) => ({
      Begin: work({ Next: ['A', 'B'] }),
      A: work({ Next: 'Join' }),
      B: work({ Next: 'Look' }),
      Look: choice('Late', 'Stop'),
      Late: work({ Next: 'Join' }),
      Stop: work({ Cancels: ['A', ...cancels], Next: 'A' }),
      Join: work({ Join: { Count: 1, Rest: 'absorb' }, End: true }),
    });
    expect(found('Begin', states(['Join']))).toEqual([]);
    // Now A's second token is held back for a round that no other branch ends.
    expect(found('Begin', states([]))).toEqual(['POSSIBLE_DEADLOCK /States/Join']);
  });
});

describe('what else can be told', () => {
  it('branches that end their scope one before the other', () => {
    const states = {
      Split: work({ Next: ['Left', 'Right'] }),
      Left: work({ Next: 'Done' }),
      Right: work({ Next: 'Done' }),
      Done: { Type: 'Succeed' },
    };
    expect(found('Split', states)).toEqual(['IMPROPER_COMPLETION /States/Done']);
    expect(found('Split', { ...states, Right: work() })).toEqual([]);
  });

  it('OR-joins on one cycle', () => {
    const states = {
      Split: work({ Next: ['Left', 'Right'] }),
      Left: work({ Join: 'active', Next: 'FromLeft' }),
      FromLeft: choice('Right', 'Done'),
      Right: work({ Join: 'active', Next: 'FromRight' }),
      FromRight: choice('Left', 'Done'),
      Done: work(),
    };
    expect(found('Split', states)).toEqual(['OR_JOINS_ON_CYCLE /States/Left/Join']);
    expect(found('Split', { ...states, FromRight: work() })).toEqual([]);
  });

  it('in scopes within scopes, at their place in the document', () => {
    const inner = {
      StartAt: 'Split',
      States: {
        Split: work({ Next: ['Left', 'Right'] }),
        Left: work({ Next: 'Both' }),
        Right: work(),
        Other: work({ Next: 'Both' }),
        Both: work({ Join: 'all', End: true }),
      },
    };
    const definition: JsonObject = {
      QueryLanguage: 'JSONata',
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } },
          Next: 'P',
        },
        P: { Type: 'Parallel', Branches: [{ StartAt: 'Two', States: { Two: work() } }, inner], End: true },
      },
    };
    const text = JSON.stringify(definition, undefined, 2);
    const findings = findingsIn(text).filter(({ code }) => code !== 'UNREACHABLE_STATE');
    expect(findings.map(({ code, pointer, location }) => [code, pointer, location])).toEqual([
      ['JOIN_NEVER_FIRES', '/States/P/Branches/1/States/Both/Join', '/States/P/Branches[1]/States/Both/Join'],
      ['DEADLOCK', '/States/P/Branches/1/States/Both', '/States/P/Branches[1]/States/Both'],
    ]);
    const line = text.split('\n')[(findings[0]?.line ?? 0) - 1];
    expect(line).toContain('"Join": "all"');
  });

  it('that it was given up', () => {
    const states: Record<string, JsonObject> = {};
    for (let index = 0; index < 12; index += 1) {
      const next = [`S${(index * 5 + 1) % 12}`, `S${(index * 7 + 2) % 12}`];
      states[`S${index}`] = work({ Next: next, Cancels: [`S${(index + 3) % 12}`] });
    }
    states['S11'] = work();
    expect(found('S0', states).filter((each) => !each.startsWith('UNREACHABLE'))).toContain('ANALYSIS_INCOMPLETE ');
  });
});

describe('the examples of the patterns', () => {
  const folder = new URL('../../../examples/patterns/', import.meta.url);
  /** Those that can deadlock, which their pages say. */
  const known: Readonly<Record<string, readonly string[]>> = {
    'wcp-11': ['POSSIBLE_DEADLOCK'],
    'wcp-38': ['POSSIBLE_DEADLOCK', 'POSSIBLE_DEADLOCK'],
    'wcp-41': ['POSSIBLE_DEADLOCK'],
  };
  it.each(readdirSync(folder).filter((file) => file.endsWith('.asl.json')))('%s has no other warnings', (file) => {
    const codes = findingsIn(readFileSync(new URL(file, folder), 'utf8')).map(({ code }) => code);
    expect(codes).toEqual(known[file.slice(0, 6)] ?? []);
  });
});
