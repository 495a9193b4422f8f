import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../lib/model/json.ts';
import { Desk, definition, WORK_ITEM } from '../model/net/desk.ts';

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
const name = fc.constantFrom(...NAMES);
const some = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });

const join = fc.option(
  fc.oneof(
    fc.constantFrom('all', 'active'),
    fc.constant({ Threads: 2 }),
    fc.constantFrom({ Count: 2, Rest: 'absorb' }, { Count: 2, Rest: 'cancel', Cancels: ['B', 'C'] }),
  ),
  { nil: undefined },
);

/** Names are unique in the whole definition. */
function inner(of: string): JsonObject {
  const named = (short: string) => `${of}.${short}`;
  const taken = { Type: 'Task', Resource: WORK_ITEM };
  return {
    StartAt: named('X'),
    States: {
      [named('X')]: { Type: 'Pass', Next: ['Y', 'P', 'Z'].map(named) },
      [named('Y')]: { ...taken, Next: named('Last') },
      [named('Z')]: { ...taken, End: true },
      [named('P')]: { Type: 'Place', Next: ['Q', 'R'].map(named) },
      [named('Q')]: { ...taken, End: true },
      [named('R')]: { Type: 'Wait', Seconds: 5, End: true },
      [named('Last')]: { Type: 'Succeed' },
    },
  };
}

function pausing(of: string): JsonObject {
  return { StartAt: `${of}.W`, States: { [`${of}.W`]: { Type: 'Wait', Seconds: 4, End: true } } };
}

const kind = fc.constantFrom<(name: string) => JsonObject>(
  () => ({ Type: 'Pass' }),
  () => ({ Type: 'Task', Resource: WORK_ITEM }),
  () => ({ Type: 'Task', Resource: WORK_ITEM, Trigger: { Event: 'e' } }),
  () => ({ Type: 'Pass', Trigger: { Event: 'e', Persistent: false } }),
  () => ({ Type: 'Place' }),
  () => ({ Type: 'Wait', Seconds: 3 }),
  (of) => ({ Type: 'Parallel', Branches: [inner(of), pausing(of)] }),
  (of) => ({ Type: 'Map', Items: [1, 2, 3], Completion: { Count: 2 }, Dynamic: true, ItemProcessor: inner(of) }),
  (of) => ({ Type: 'Map', Items: [1, 2], Completion: { Count: 1 }, Rest: 'cancel', ItemProcessor: inner(of) }),
  (of) => ({ Type: 'Map', Items: [1, 2], Synchronize: false, ItemProcessor: inner(of) }),
);

const state = fc
  .record({
    kind,
    next: fc.option(some, { nil: undefined }),
    join,
    cancels: fc.option(some, { nil: undefined, freq: 3 }),
  })
  .map(({ kind: make, next, join: how, cancels }) => (of: string): JsonObject => {
    const given = make(of);
    if (given['Type'] === 'Place') return { ...given, Next: next ?? [] };
    return {
      ...given,
      // A value that went round joins would double each time.
      Output: 1,
      ...(next === undefined ? { End: true } : { Next: next }),
      ...(how === undefined ? {} : { Join: how }),
      ...(cancels === undefined ? {} : { Cancels: cancels }),
    };
  });

const net = fc.tuple(fc.tuple(...NAMES.map(() => state)), some).map(([states, first]) =>
  definition({
    Start: { Type: 'Pass', Next: first },
    ...Object.fromEntries(NAMES.map((one, at) => [one, states[at]?.(one) ?? {}])),
  }),
);

const step = fc.record({ what: fc.nat(9), which: fc.nat(20) });

/** Does something that the outside can do now. */
function act(desk: Desk, { what, which }: { readonly what: number; readonly which: number }): void {
  const open = desk.allOpen;
  const chosen = open[which % Math.max(1, open.length)];
  if (what === 0) desk.send('e');
  else if (what === 1 && desk.state.redriven === undefined && desk.state.status === 'FAILED') desk.redrive();
  else if (what === 2 && chosen !== undefined) {
    desk.tell({ type: 'TaskFailed', activation: desk.id(chosen), attempt: 1, reason: 'failed', error: 'E' });
  } else if (what === 3 && chosen !== undefined) desk.begin(chosen);
  else if (what === 4) {
    const map = [...desk.state.activations.values()].find(({ work }) => work.kind === 'items');
    if (map !== undefined) desk.add(map.state);
  } else if (what < 7 && chosen !== undefined) desk.complete(chosen);
  else if (chosen === undefined || what === 7) {
    try {
      desk.sleep();
    } catch {
      // Nothing is due.
    }
  } else desk.complete(chosen);
}

function begin(definitionOf: JsonObject): Desk | undefined {
  try {
    return new Desk(definitionOf);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Not a definition')) return undefined;
    throw error;
  }
}

it('numbers the events of any net as the core counts them, each after the one it follows', () => {
  let played = 0;
  fc.assert(
    fc.property(net, fc.array(step, { maxLength: 25 }), (given, steps) => {
      const desk = begin(given);
      if (desk === undefined || desk.more) return;
      played += 1;
      for (const one of steps) {
        if (desk.more || desk.events.length > 2_000) break;
        act(desk, one);
      }
      const history = desk.history();
      expect(history.length).toBe(desk.state.historyLength);
      const entries = new Set(history.flatMap(({ id, type }) => (type.endsWith('StateEntered') ? [id] : [])));
      history.forEach(({ id, previousEventId }, index) => {
        expect(id).toBe(index + 1);
        expect(previousEventId).toBeLessThan(id);
      });
      for (const { enteredEvent } of desk.state.activations.values()) expect(entries).toContain(enteredEvent);
    }),
    { numRuns: 250 },
  );
  expect(played).toBeGreaterThan(50);
});
