import { describe, expect, it } from 'vitest';
import { usesNet } from '../../../lib/language/net.ts';
import type { Environment } from '../../../lib/model/environment.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { START } from '../../../lib/model/net-plan.ts';
import type { ChoicePlan, Plan, ScopePlan, StatePlan } from '../../../lib/model/plan.ts';
import { environment, planOf } from './fixture.ts';

const workItem = 'arn:aws:states:::knhk:workItem';
const pass = (Next?: Json, more: JsonObject = {}): JsonObject =>
  Next === undefined ? { Type: 'Pass', End: true, ...more } : { Type: 'Pass', Next, ...more };
const items = { StartAt: 'I', States: { I: pass() } };

function plan(States: JsonObject, more: JsonObject = {}): Plan {
  return planOf({ StartAt: 'A', States, ...more });
}

function top(States: JsonObject, more: JsonObject = {}): ScopePlan {
  const [scope] = plan(States, more).scopes;
  if (scope === undefined) throw new Error('no scope');
  return scope;
}

function stateA<T extends StatePlan['type']>(type: T, States: JsonObject, more: JsonObject = {}) {
  const state = top(States, more).states.get('A');
  if (state?.type !== type) throw new Error(`not a ${type}`);
  return state as Extract<StatePlan, { type: T }>;
}

const jsonata = { QueryLanguage: 'JSONata' };

describe('a scope', () => {
  const plain = { A: pass('B'), B: pass(['C']), C: pass() };

  it('is no net without additions that need one', () => {
    const map = { Type: 'Map', ItemProcessor: items, Dynamic: true, Completion: { Count: 1 }, Next: ['B'] };
    for (const states of [plain, { A: map, B: pass() }]) {
      const scope = top(states);
      expect(Object.keys(scope)).toEqual(['index', 'startAt', 'states', 'fused']);
    }
    expect(Object.keys(plan(plain))).toEqual(['scopes']);
    expect(Object.keys(top(plain).states.get('B') ?? {})).toEqual(['type', 'name', 'queryLanguage', 'produce', 'next']);
  });

  it.each<[string, JsonObject, JsonObject?]>([
    ['several targets', { A: pass(['B', 'C']) }],
    ['the same target twice', { A: pass(['B', 'B']), C: pass() }],
    ['several targets of a catcher', { A: { ...pass(), Catch: [{ Next: ['B', 'C'] }] } }],
    ['several targets of a rule', { A: { ...pass(), Choices: [{ Next: ['B', 'C'] }] } }],
    ['a Default with several targets', { A: { ...pass(), Default: ['B', 'C'] } }],
    ['a join', { A: pass('B', { Join: 'all' }) }],
    ['a place', { A: { Type: 'Place', Next: 'B' } }],
    ['cancellation', { A: pass('B', { Cancels: ['C'] }) }],
    ['completion', { A: pass('B', { Completes: ['C'] }) }],
    ['a trigger', { A: pass('B', { Trigger: { Event: 'e' } }) }],
    ['a milestone', { A: pass('B', { Milestone: 'C' }) }],
    ['a choice of several ways', { A: { Type: 'Choice', Select: 'All' } }],
    ['a work item', { A: { Type: 'Task', Resource: workItem } }],
    ['a mutex', {}, { Mutex: { m: ['A', 'B'] } }],
  ])('is a net with %s', (_what, states, more) => {
    expect(usesNet({ States: { A: pass('B'), B: pass('C'), C: pass() } })).toBe(false);
    expect(usesNet({ States: { A: pass('B'), B: pass(), C: pass(), ...states }, ...more })).toBe(true);
  });

  it('is a net or not regardless of the scopes around and inside', () => {
    const net = { StartAt: 'X', States: { X: pass(['Y', 'Y']), Y: pass() } };
    const Branches = [net, { StartAt: 'Z', States: { Z: pass() } }];
    const { scopes } = plan({ A: { Type: 'Parallel', Branches, End: true } });
    expect(scopes.map((scope) => scope.net !== undefined)).toEqual([false, true, false]);
  });

  it('has an arc for each ordered pair of states, in the order of the document', () => {
    const { net } = top({
      C: pass('D'),
      A: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: ['D', 'B', 'D'] }], Default: 'B' },
      P: { Type: 'Place', Next: ['D', 'C'] },
      B: { Type: 'Parallel', Branches: [items], Next: ['A', 'P'], Catch: [{ ErrorEquals: ['E'], Next: 'D' }] },
      D: pass(undefined, { Join: 'all' }),
    });
    expect(Object.fromEntries(net?.sources ?? [])).toEqual({
      A: [START, 'B'],
      B: ['A'],
      C: ['P'],
      D: ['C', 'A', 'P', 'B'],
      P: ['B'],
    });
  });

  it('has mutexes with their groups', () => {
    const Mutex = { one: ['A', ['B', 'C']], two: ['A', 'C'] };
    expect(top({ A: pass('B'), B: pass('C'), C: pass() }, { Mutex }).net?.mutexes).toEqual([
      [new Set(['A']), new Set(['B', 'C'])],
      [new Set(['A']), new Set(['C'])],
    ]);
  });
});

describe('a state of a net', () => {
  it('has its targets as they are listed, and its coordination', () => {
    const { states } = top({
      A: pass(['B', 'P', 'B'], { Cancels: ['P', 'B'], Completes: ['M'] }),
      B: pass('M', { Join: 'any', Trigger: { Event: 'e', Persistent: false }, Milestone: 'P' }),
      P: { Type: 'Place', Next: [] },
      M: { Type: 'Map', ItemProcessor: items, End: true },
    });
    expect(states.get('A')).toMatchObject({ next: ['B', 'P', 'B'], cancels: ['P', 'B'], completes: ['M'] });
    expect(states.get('B')?.start).toEqual({ trigger: { event: 'e', persistent: false }, milestone: 'P' });
    expect(states.get('P')).toEqual({ type: 'Place', name: 'P', queryLanguage: 'JSONPath', next: [] });
    expect(states.get('M')).toMatchObject({ control: { rest: 'keep', dynamic: false, synchronize: true } });
    expect(states.get('A')).not.toHaveProperty('start');
  });

  it.each<[Json, Json]>([
    ['all', { kind: 'all' }],
    ['active', { kind: 'active' }],
    [
      { Count: 2, Rest: 'absorb' },
      { kind: 'count', count: 2 },
    ],
    [
      { Count: 1, Rest: 'cancel' },
      { kind: 'count', count: 1, cancels: [] },
    ],
    [
      { Count: 2, Rest: 'cancel', Cancels: ['A'] },
      { kind: 'count', count: 2, cancels: ['A'] },
    ],
    [{ Threads: 5 }, { kind: 'threads', count: 5 }],
  ])('joins: %j', (Join, expected) => {
    const { states } = top({ A: pass(['B', 'C']), B: pass('C'), C: pass(undefined, { Join }) });
    expect(states.get('C')?.start?.join).toEqual(expected);
  });

  it('joins as many as an expression says', () => {
    const count = (Join: Json, input: Json) => {
      const { states } = top({ A: pass(['B', 'C']), B: pass('C'), C: pass(undefined, { Join }) }, jsonata);
      const join = states.get('C')?.start?.join;
      if (join === undefined || !('count' in join) || typeof join.count === 'number') throw new Error('no expression');
      return join.count(environment({ input, context: { n: 2 } }));
    };
    const Count = { Count: '{% $states.input.n %}', Rest: 'absorb' };
    expect(count(Count, { n: 2 })).toBe(2);
    expect(count({ Threads: '{% $states.context.n * 3 %}' }, {})).toBe(6);
    const failure = (cause: string) =>
      expect.objectContaining({ error: 'States.QueryEvaluationError', message: cause, location: 'Join/Count' });
    expect(() => count(Count, { n: 0 })).toThrow(failure('Join/Count must be at least 1, but is 0.'));
    expect(() => count(Count, { n: 3 })).toThrow(failure("Join/Count is 3, but only 2 arcs lead to the state 'C'."));
    expect(() => count(Count, { n: 1.5 })).toThrow(/Expected 'integer', but was 'number' for value: 1.5/);
    expect(() => count(Count, {})).toThrow(/returned nothing/);
  });

  it('waits for events that somebody keeps or nobody does', () => {
    const trigger = (Event: string, Persistent?: boolean) => ({
      Trigger: { Event, ...(Persistent === undefined ? {} : { Persistent }) },
    });
    const inner = { StartAt: 'I', States: { I: pass(undefined, trigger('inner')) } };
    const { events } = plan({
      A: pass('B', trigger('lost', false)),
      B: pass('C', trigger('kept', true)),
      C: pass('D', trigger('kept', false)),
      D: { Type: 'Parallel', Branches: [inner], End: true },
    });
    expect(Object.fromEntries(events ?? [])).toEqual({ lost: false, kept: true, inner: true });
  });
});

describe('a choice of several ways', () => {
  const choose = (state: ChoicePlan, input: Json, more: Partial<Environment> = {}) =>
    state.choose(environment({ input, ...more }));
  const others = { B: pass(), C: pass(), D: pass() };

  it('takes every rule that matches, in JSONPath', () => {
    const rule = (name: string, Next: Json, Assign?: JsonObject) => ({
      Variable: `$.${name}`,
      BooleanEquals: true,
      Next,
      ...(Assign === undefined ? {} : { Assign }),
    });
    const state = stateA('Choice', {
      ...others,
      A: {
        Type: 'Choice',
        Select: 'All',
        InputPath: '$.in',
        Choices: [
          rule('b', 'B', { first: 1, both: 1 }),
          rule('c', ['C', 'D'], { both: 2, 'seen.$': '$.c' }),
          rule('d', 'C'),
        ],
        Default: 'D',
        Assign: { none: true },
      },
    });
    expect(state).toMatchObject({ ways: [['B'], ['C', 'D'], ['C'], ['D']], selectsAll: true });
    const given = { b: true, c: true, d: true };
    expect(choose(state, { in: given })).toEqual({
      output: given,
      next: ['B', 'C', 'D', 'C'],
      assign: { first: 1, both: 2, seen: true },
    });
    const one = { b: false, c: false, d: true };
    expect(choose(state, { in: one })).toEqual({ output: one, next: ['C'] });
    const none = { b: false, c: false, d: false };
    expect(choose(state, { in: none })).toEqual({ output: none, next: ['D'], assign: { none: true } });
  });

  it('takes every rule that matches, in JSONata, and the output of the state', () => {
    const rule = (name: string, Next: Json) => ({
      Condition: `{% $states.input.${name} %}`,
      Next,
      Assign: { [name]: '{% $n + 1 %}', n: '{% $n + 1 %}' },
    });
    const fields = { Type: 'Choice', Select: 'All', Choices: [rule('b', 'B'), rule('c', 'C')] };
    const state = stateA(
      'Choice',
      { ...others, A: { ...fields, Output: { n: '{% $n %}' }, Default: ['D', 'D'] } },
      jsonata,
    );
    const variables = { n: 1 };
    expect(choose(state, { b: true, c: true }, { variables })).toEqual({
      output: { n: 1 },
      next: ['B', 'C'],
      assign: { b: 2, c: 2, n: 2 },
    });
    expect(choose(state, { b: false, c: false }, { variables })).toEqual({ output: { n: 1 }, next: ['D', 'D'] });
    const strict = stateA('Choice', { B: pass(), C: pass(), A: fields }, jsonata);
    expect(() => choose(strict, { b: false, c: false })).toThrow(
      expect.objectContaining({ error: 'States.NoChoiceMatched' }),
    );
  });

  it('is not taken where the first rule counts', () => {
    const rule = (Next: Json) => ({ Variable: '$', IsPresent: true, Next });
    const fields = { Type: 'Choice', Choices: [rule(['B', 'B']), rule('C')], Default: 'D' };
    const state = stateA('Choice', { ...others, A: fields });
    expect(state).not.toHaveProperty('selectsAll');
    expect(choose(state, {})).toEqual({ output: {}, next: ['B', 'B'] });
  });
});

describe('the items of a Map', () => {
  const control = (fields: JsonObject, more: JsonObject = jsonata) =>
    stateA('Map', { A: { Type: 'Map', ItemProcessor: items, End: true, ...fields } }, more).control;

  it('have no control in plain Amazon States Language', () => {
    expect(control({})).toBeUndefined();
    expect(control({ Dynamic: false, Synchronize: true, Rest: 'cancel' })).toBeUndefined();
  });

  it('are counted', () => {
    const counted = control({ Completion: { Count: 2 }, Rest: 'cancel' }, {});
    expect(counted).toMatchObject({ rest: 'cancel', dynamic: false, synchronize: true });
    expect(counted?.count?.(environment())).toBe(2);
    const evaluated = control({ Completion: { Count: '{% $states.input.n %}' } })?.count;
    expect(evaluated?.(environment({ input: { n: 3 } }))).toBe(3);
    expect(() => evaluated?.(environment({ input: { n: 0 } }))).toThrow(
      'Completion/Count must be at least 1, but is 0.',
    );
  });

  it('are looked at', () => {
    const Condition = '{% $count($states.context.Map.Results[ok]) >= $states.input.least %}';
    const condition = control({ Completion: { Condition } })?.condition;
    const seen = (...results: boolean[]) =>
      condition?.(environment({ input: { least: 2 }, context: { Map: { Results: results.map((ok) => ({ ok })) } } }));
    expect(seen(true, false)).toBe(false);
    expect(seen(true, false, true)).toBe(true);
    const wrong = control({ Completion: { Condition: '{% 1 %}' } })?.condition;
    expect(() => wrong?.(environment())).toThrow(
      expect.objectContaining({ error: 'States.QueryEvaluationError', location: 'Completion/Condition' }),
    );
  });

  it('can be added, and need not be waited for', () => {
    expect(control({ Dynamic: true })).toEqual({ rest: 'keep', dynamic: true, synchronize: true });
    expect(control({ Synchronize: false })).toEqual({ rest: 'keep', dynamic: false, synchronize: false });
  });
});

describe('a work item', () => {
  const called = (fields: JsonObject, input: Json, more: JsonObject = {}) => {
    const state = stateA('Task', { A: { Type: 'Task', Resource: workItem, End: true, ...fields } }, more);
    expect(state.resource).toEqual({ kind: 'workItem', arn: workItem });
    return state.arguments(environment({ input }));
  };

  it('is about the input of the state unless it says otherwise', () => {
    expect(called({}, { n: 1 })).toEqual({ Payload: { n: 1 } });
    expect(called({}, { n: 1 }, jsonata)).toEqual({ Payload: { n: 1 } });
    expect(called({ InputPath: '$.n' }, { n: 1 })).toEqual({ Payload: 1 });
    expect(called({ InputPath: '$.n', Parameters: { Title: 'T' } }, { n: 1 })).toEqual({ Title: 'T', Payload: 1 });
    expect(called({ Arguments: { Title: 'T' } }, { n: 1 }, jsonata)).toEqual({ Title: 'T', Payload: { n: 1 } });
  });

  it('is called with paths and expressions', () => {
    const Parameters = { 'Candidates.$': '$.who', 'Title.$': "States.Format('Check {}', $.n)", Payload: null };
    const input = { n: 1, who: ['ann', 'bob'] };
    expect(called({ Parameters }, input)).toEqual({ Candidates: ['ann', 'bob'], Title: 'Check 1', Payload: null });
    const Arguments = { Assignee: '{% $states.input.who[0] %}', Payload: '{% $states.input.n %}' };
    expect(called({ Arguments }, input, jsonata)).toEqual({ Assignee: 'ann', Payload: 1 });
    expect(called({ Arguments: '{% {"Title": "x"} %}' }, 1, jsonata)).toEqual({ Title: 'x', Payload: 1 });
  });

  it.each<[Json, string]>([
    [{ Candidates: 'ann' }, 'must have an array of at least one text as Candidates, but it is: "ann"'],
    [{ Candidates: ['ann', 1] }, 'must have an array of at least one text as Candidates, but it is: ["ann",1]'],
    [{ Assignee: null }, 'must have a text as Assignee, but it is: null'],
    [{ Title: 1 }, 'must have a text as Title, but it is: 1'],
    [
      { Note: 1 },
      "have an unknown field 'Note': use Assignee, Candidates, Title, Payload, Role, Capabilities, Allocation, Retain, Separate, Escalate.",
    ],
    [[1], 'must be an object, but are: [1]'],
  ])('fails with %j', (given, problem) => {
    expect(() => called({ Arguments: '{% $states.input %}' }, given, jsonata)).toThrow(
      expect.objectContaining({
        error: 'States.QueryEvaluationError',
        message: `The Arguments of a work item ${problem}`,
      }),
    );
  });

  it('fails with States.Runtime in JSONPath', () => {
    expect(() => called({ Parameters: { 'Title.$': '$.t' } }, { t: [] })).toThrow(
      expect.objectContaining({
        error: 'States.Runtime',
        message: 'The Parameters of a work item must have a text as Title, but it is: []',
      }),
    );
  });
});
