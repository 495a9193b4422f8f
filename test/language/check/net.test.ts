import { describe, expect, it } from 'vitest';
import { checkDefinition, loadDefinition, ownCodes } from '../../../lib/language/index.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { options } from '../compile/fixture.ts';

const workItem = 'arn:aws:states:::knhk:workItem';
const schema = 'SCHEMA_VALIDATION_FAILED';

function findings(States: JsonObject, more: JsonObject = {}, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): string[] {
  const found = checkDefinition({ StartAt: 'A', States, ...more }, { type }).findings;
  return found.map(({ severity, code, pointer, message, hint }) =>
    [`${severity} ${code} ${pointer}`, message, ...(hint === undefined ? [] : [hint])].join(' | '),
  );
}

const pass = (Next?: Json, more: JsonObject = {}): JsonObject =>
  Next === undefined ? { Type: 'Pass', End: true, ...more } : { Type: 'Pass', Next, ...more };

/** A splits to B and C; B goes to C, which ends. */
const split = (b: JsonObject = {}, c: JsonObject = {}): JsonObject => ({
  A: pass(['B', 'C']),
  B: pass('C', b),
  C: pass(undefined, c),
});

const items = { StartAt: 'I', States: { I: pass() } };
const map = (more: JsonObject = {}): JsonObject => ({ Type: 'Map', ItemProcessor: items, End: true, ...more });

describe('transitions', () => {
  it('may name several states wherever they may name one, and one state several times', () => {
    const states = {
      A: { Type: 'Parallel', Branches: [items], Next: ['B', 'B'], Catch: [{ ErrorEquals: ['E'], Next: ['B', 'C'] }] },
      B: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: ['C', 'D'] }], Default: ['C'] },
      C: pass(),
      D: { Type: 'Place', Next: [] },
    };
    expect(findings(states)).toEqual([]);
  });

  it('must exist, one by one', () => {
    const rule = { Variable: '$', IsNull: true, Next: ['C', 'Y'] };
    const states = { A: pass(['B', 'Bb']), B: { Type: 'Choice', Choices: [rule], Default: ['X'] }, C: pass() };
    expect(findings(states)).toEqual([
      "ERROR MISSING_TRANSITION_TARGET /States/A/Next/1 | Missing 'Next' target: Bb",
      "ERROR MISSING_TRANSITION_TARGET /States/B/Default/0 | Missing 'Next' target: X",
      "ERROR MISSING_TRANSITION_TARGET /States/B/Choices/0/Next/1 | Missing 'Next' target: Y",
    ]);
  });

  it('lead somewhere, except from a place', () => {
    const empty = (name: string, end: string) =>
      `'${name}' must name at least one state; where a token is to end, use ${end}`;
    expect(findings({ A: pass([]) })).toContain(`ERROR ${schema} /States/A/Next | ${empty('Next', "'End': true")}`);
    const choice = { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: [] }], Default: [] };
    expect(findings({ A: choice, B: pass() }).slice(0, 2)).toEqual([
      `ERROR ${schema} /States/A/Default | ${empty('Default', "a Pass state with 'End': true")}`,
      `ERROR ${schema} /States/A/Choices/0/Next | ${empty('Next', "a Pass state with 'End': true")}`,
    ]);
    expect(findings({ A: pass(['A', 1]) })).toContain(
      `ERROR ${schema} /States/A/Next/1 | Expected value of type [STRING]`,
    );
  });

  it('are found in the text', () => {
    const text = '{ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": [\n "A", "Nope"] } } }';
    expect(checkDefinition(text).findings).toMatchObject([
      { pointer: '/States/A/Next/1', location: '/States/A/Next[1]', line: 2, column: 7 },
      { code: 'MISSING_END_STATE', severity: 'WARNING' },
    ]);
  });
});

describe('a definition that uses the additions', () => {
  it('is warned of states that nothing leads to', () => {
    const states = { A: pass(['B', 'C']), B: pass(), C: pass(), D: pass('B') };
    expect(findings(states)).toEqual([
      'WARNING UNREACHABLE_STATE /States/D | State "D" is not reachable: lead a transition to it, or leave it out',
    ]);
    const plain = { A: pass('B'), B: pass(), D: pass('B') };
    expect(findings(plain)).toEqual(['ERROR MISSING_TRANSITION_TARGET /States/D | State "D" is not reachable.']);
  });

  it('is one wherever it uses them', () => {
    const around = (inner: JsonObject) => ({
      A: { Type: 'Parallel', Branches: [{ StartAt: 'X', States: { X: pass(undefined, inner) } }], End: true },
      D: pass(),
    });
    expect(findings(around({}))).toEqual(['ERROR MISSING_TRANSITION_TARGET /States/D | State "D" is not reachable.']);
    expect(findings(around({ Join: 'any' }))[0]).toMatch(/^WARNING UNREACHABLE_STATE/);
    const dynamic = { StartAt: 'M', States: { M: map({ Dynamic: true }) } };
    expect(findings({ A: map({ ItemProcessor: dynamic }), D: pass() })[0]).toMatch(/^WARNING UNREACHABLE_STATE/);
  });

  it('may have no end where it has a net', () => {
    expect(findings({ A: pass(['A', 'A']) })).toEqual(['WARNING MISSING_END_STATE  | Workflow has no terminal state']);
    const loop = { StartAt: 'X', States: { X: pass('X') } };
    expect(findings({ A: { Type: 'Parallel', Branches: [loop], Next: ['B', 'B'] }, B: pass() })).toEqual([
      'ERROR MISSING_END_STATE  | Workflow has no terminal state',
    ]);
  });
});

describe('a join', () => {
  it.each([
    ['any'],
    ['all'],
    ['active'],
    [{ Count: 2, Rest: 'absorb' }],
    [{ Count: 1, Rest: 'cancel', Cancels: ['A', 'B'] }],
    [{ Count: 2, Rest: 'cancel' }],
    [{ Threads: 7 }],
  ])('can be %j', (Join) => {
    expect(findings(split({}, { Join }))).toEqual([]);
  });

  it.each<[Json, string]>([
    ['some', `${schema} /States/C/Join | Value should be one of the following: [any, all, active]`],
    [true, `${schema} /States/C/Join | Value should be one of the following: [any, all, active], or an object`],
    [{ Rest: 'absorb' }, `${schema} /States/C/Join | A Join that is an object must have either 'Count' or 'Threads'`],
    [
      { Count: 2 },
      `${schema} /States/C/Join | A Join with 'Count' must say what becomes of the other branches: 'Rest' is 'absorb' or 'cancel'`,
    ],
    [{ Count: 0, Rest: 'absorb' }, `${schema} /States/C/Join/Count | Minimum value is 1`],
    [{ Threads: 1.5 }, `${schema} /States/C/Join/Threads | Expected value of type [INTEGER]`],
    [{ Threads: '{% 2 %}' }, `${schema} /States/C/Join/Threads | Expected value of type [INTEGER]`],
    [{ Threads: 2, Rest: 'absorb' }, `${schema} /States/C/Join | Only one of these fields is allowed: [Threads, Rest]`],
    [
      { Count: 1, Threads: 2, Rest: 'absorb' },
      `${schema} /States/C/Join | Only one of these fields is allowed: [Count, Threads]`,
    ],
    [
      { Count: 1, Rest: 'absorb', Cancels: ['B'] },
      `${schema} /States/C/Join/Cancels | 'Cancels' in a Join is only supported with 'Rest': 'cancel'`,
    ],
    [
      { Count: 1, Rest: 'drop' },
      `${schema} /States/C/Join/Rest | Value should be one of the following: [absorb, cancel]`,
    ],
    [{ Coun: 1, Threads: 1 }, `${schema} /States/C/Join | Field 'Coun' is not supported | Did you mean 'Count'?`],
    [
      { Count: 1, Rest: 'cancel', Cancels: ['Bb'] },
      "UNKNOWN_STATE /States/C/Join/Cancels/0 | There is no state 'Bb' in this scope: only states of the same scope can be named",
    ],
    [
      { Count: 3, Rest: 'absorb' },
      "JOIN_COUNT_TOO_LARGE /States/C/Join/Count | The join waits for 3 branches, but only 2 arcs lead to the state 'C': lower 'Count'",
    ],
  ])('cannot be %j', (Join, expected) => {
    expect(findings(split({}, { Join }))).toEqual([`ERROR ${expected}`]);
  });

  it('counts arcs, not transitions: one for each ordered pair of states', () => {
    const two = { Count: 2, Rest: 'absorb' };
    expect(findings({ A: pass(['B', 'B']), B: pass(undefined, { Join: two }) })).toEqual([
      "ERROR JOIN_COUNT_TOO_LARGE /States/B/Join/Count | The join waits for 2 branches, but only 1 arc leads to the state 'B': lower 'Count'",
    ]);
    expect(findings({ A: pass(['A', 'B'], { Join: two }), B: pass() })).toEqual([]);
  });

  it('may be an expression in JSONata', () => {
    const Join = { Count: '{% $states.input.n %}', Rest: 'absorb' };
    expect(findings(split({}, { Join }), { QueryLanguage: 'JSONata' })).toEqual([]);
    const wrong = split({}, { Join: { Threads: '{% 1 + %}' } });
    expect(findings(wrong, { QueryLanguage: 'JSONata' })[0]).toMatch(
      /^ERROR INVALID_JSONATA_EXPRESSION \/States\/C\/Join\/Threads/,
    );
  });
});

describe('a place', () => {
  it.each(['Join', 'Trigger', 'Milestone', 'Cancels', 'Completes', 'Pool'])('has no %s', (name) => {
    expect(findings({ A: { Type: 'Place', Next: 'B', [name]: 'x' }, B: pass() })).toEqual([
      `ERROR ${schema} /States/A/${name} | A Place cannot have '${name}': it holds tokens and starts nothing; give the field to a Pass before it, or to a state behind it`,
    ]);
  });

  it('has no end, no output and no input, but a Next', () => {
    expect(findings({ A: { Type: 'Place', End: true, Output: 1 } }).filter((line) => line.startsWith('ERROR'))).toEqual(
      [
        `ERROR ${schema} /States/A | Field 'End' is not supported`,
        `ERROR ${schema} /States/A | Field 'Output' is not supported`,
        `ERROR ${schema} /States/A | These fields are required: [Next]`,
      ],
    );
  });

  it('leads to states that can start, each once', () => {
    const place = (Next: Json) => ({ Type: 'Place', Next });
    expect(findings({ A: place(['B', 'P', 'B']), B: pass(), P: place('A') })).toEqual([
      "ERROR INVALID_STATE_REFERENCE /States/A/Next/1 | A place starts nothing, so no token could go on from here to the place 'P': put a Pass between them",
      "WARNING WITHOUT_EFFECT /States/A/Next/2 | 'B' is named before: a place gives each token to one state; leave it out",
      "ERROR INVALID_STATE_REFERENCE /States/P/Next | A place starts nothing, so no token could go on from here to the place 'A': put a Pass between them",
    ]);
  });
});

describe('names of other states', () => {
  const unknown = (name: string) =>
    `There is no state '${name}' in this scope: only states of the same scope can be named`;

  it('are states of the same scope', () => {
    const states = {
      ...split({ Cancels: ['C', 'Inner'], Completes: ['Mapp'], Milestone: 'Plaza' }),
      A: pass(['B', 'C', 'Map', 'Place']),
      Map: map({ ItemProcessor: { StartAt: 'Inner', States: { Inner: pass(undefined, { Cancels: ['B'] }) } } }),
      Place: { Type: 'Place', Next: [] },
    };
    expect(findings(states)).toEqual([
      `ERROR UNKNOWN_STATE /States/Map/ItemProcessor/States/Inner/Cancels/0 | ${unknown('B')}`,
      `ERROR UNKNOWN_STATE /States/B/Cancels/1 | ${unknown('Inner')}`,
      `ERROR UNKNOWN_STATE /States/B/Completes/0 | ${unknown('Mapp')} | Did you mean 'Map'?`,
      `ERROR UNKNOWN_STATE /States/B/Milestone | ${unknown('Plaza')} | Did you mean 'Place'?`,
    ]);
  });

  it('are places for milestones, and inline Maps for Completes', () => {
    const config = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
    const states = {
      ...split({ Milestone: 'C', Completes: ['M', 'A', 'D'] }),
      A: pass(['B', 'C', 'M', 'D']),
      M: map(),
      D: map({ ItemProcessor: { StartAt: 'J', States: { J: pass() }, ProcessorConfig: config } }),
    };
    const noMap = (name: string) =>
      `'${name}' cannot be completed from outside, for it is no inline Map: name one, or use 'Cancels'`;
    expect(findings(states)).toEqual([
      `ERROR INVALID_STATE_REFERENCE /States/B/Completes/1 | ${noMap('A')}`,
      `ERROR INVALID_STATE_REFERENCE /States/B/Completes/2 | ${noMap('D')}`,
      "ERROR INVALID_STATE_REFERENCE /States/B/Milestone | 'C' is no Place: a milestone is a place in which a token must rest",
    ]);
  });

  it('stand in lists', () => {
    expect(findings(split({ Cancels: 'C', Completes: [1], Milestone: ['P'] }))).toEqual([
      `ERROR ${schema} /States/B/Cancels | Expected value of type [ARRAY]`,
      `ERROR ${schema} /States/B/Completes/0 | Expected value of type [STRING]`,
      `ERROR ${schema} /States/B/Milestone | Expected value of type [STRING]`,
    ]);
  });

  it('are of no use to a Fail, which never completes', () => {
    expect(findings({ A: { Type: 'Fail', Cancels: ['A'] } })).toEqual([
      "WARNING WITHOUT_EFFECT /States/A/Cancels | A Fail never completes: leave 'Cancels' out",
    ]);
  });
});

describe('a trigger', () => {
  it.each<[Json, string]>([
    [{}, `${schema} /States/A/Trigger | These fields are required: [Event]`],
    ['paid', `${schema} /States/A/Trigger | Expected value of type [OBJECT] | Write {"Event": "paid"}.`],
    [{ Event: '' }, `${schema} /States/A/Trigger/Event | An event must have a name`],
    [{ Event: 1 }, `${schema} /States/A/Trigger/Event | Expected value of type [STRING]`],
    [{ Event: 'e', Persistent: 'no' }, `${schema} /States/A/Trigger/Persistent | Expected value of type [BOOLEAN]`],
    [
      { Event: 'e', Persist: 1 },
      `${schema} /States/A/Trigger | Field 'Persist' is not supported | Did you mean 'Persistent'?`,
    ],
    [
      { Event: '{% "e" %}' },
      `${schema} /States/A/Trigger/Event | The name of an event must be written as it is: it cannot be an expression`,
    ],
  ])('cannot be %j', (Trigger, expected) => {
    expect(findings({ A: pass(undefined, { Trigger }) }, { QueryLanguage: 'JSONata' })).toEqual([`ERROR ${expected}`]);
  });

  it('is for workflows that may wait', () => {
    const states = { A: pass(undefined, { Trigger: { Event: 'e' } }) };
    expect(findings(states)).toEqual([]);
    expect(findings(states, {}, 'EXPRESS')).toEqual([
      `ERROR ${schema} /States/A/Trigger | Express state machine does not support 'Trigger': make it a STANDARD one`,
    ]);
  });

  it('is needed by who looks at the event', () => {
    const Trigger = { Event: 'e' };
    const warned = (pointer: string) =>
      `WARNING NO_EVENT ${pointer} | No event starts this state, so it has none: give it a 'Trigger', or hand the payload on to it`;
    const path = { Parameters: { 'paid.$': '$$.Event.Payload.amount' } };
    expect(findings({ A: pass(undefined, path) })).toEqual([warned('/States/A/Parameters/paid.$')]);
    expect(findings({ A: pass(undefined, { ...path, Trigger }) })).toEqual([]);
    const jsonata = { Output: ['{% $states.context.Event.Payload %}'], Assign: { event: '{% $states.input.Event %}' } };
    expect(findings({ A: pass(undefined, jsonata) }, { QueryLanguage: 'JSONata' })).toEqual([
      warned('/States/A/Output/0'),
    ]);
    expect(findings({ A: pass(undefined, { ...jsonata, Trigger }) }, { QueryLanguage: 'JSONata' })).toEqual([]);
    const inner = { StartAt: 'I', States: { I: pass(undefined, path) } };
    expect(findings({ A: map({ Trigger, ItemProcessor: inner }) })).toEqual([
      warned('/States/A/ItemProcessor/States/I/Parameters/paid.$'),
    ]);
  });
});

describe('the completion of a Map', () => {
  it.each<[JsonObject, string]>([
    [{ Completion: {} }, `${schema} /States/A/Completion | One of these fields is required: [Count, Condition]`],
    [{ Completion: { Count: 0 } }, `${schema} /States/A/Completion/Count | Minimum value is 1`],
    [{ Completion: 2 }, `${schema} /States/A/Completion | Expected value of type [OBJECT]`],
    [
      { Completion: { Count: 1, Condition: '{% true %}' } },
      `${schema} /States/A/Completion | Only one of these fields is allowed: [Count, Condition]`,
    ],
    [
      { Completion: { Condition: true } },
      `${schema} /States/A/Completion/Condition | 'Condition' must be a JSONata expression, as {% $count($states.context.Map.Results) > 1 %}`,
    ],
    [{ Dynamic: 'yes' }, `${schema} /States/A/Dynamic | Expected value of type [BOOLEAN]`],
    [{ Synchronize: 0 }, `${schema} /States/A/Synchronize | Expected value of type [BOOLEAN]`],
    [
      { Completion: { Count: 1 }, Rest: 'absorb' },
      `${schema} /States/A/Rest | Value should be one of the following: [keep, cancel]`,
    ],
  ])('cannot be %j', (fields, expected) => {
    expect(findings({ A: map(fields) }, { QueryLanguage: 'JSONata' })).toEqual([`ERROR ${expected}`]);
  });

  it('is a condition in JSONata only', () => {
    const Completion = { Condition: '{% $count($states.context.Map.Results) > $states.input.least %}' };
    expect(findings({ A: map({ Completion }) }, { QueryLanguage: 'JSONata' })).toEqual([]);
    expect(findings({ A: map({ Completion }) })).toEqual([
      `ERROR ${schema} /States/A/Completion | The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage`,
    ]);
  });

  it('leaves a rest only if it can come early', () => {
    expect(findings({ A: map({ Rest: 'cancel' }) })).toEqual([
      "WARNING WITHOUT_EFFECT /States/A/Rest | Without 'Completion' the Map completes with all its items, and there is no rest: leave 'Rest' out",
    ]);
  });

  it('is for inline Maps', () => {
    const config = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
    const fields = { Completion: { Count: 1 }, Rest: 'keep', Dynamic: true, Synchronize: false };
    expect(findings({ A: map({ ...fields, ItemProcessor: { ...items, ProcessorConfig: config } }) })).toEqual(
      Object.keys(fields).map(
        (name) => `ERROR ${schema} /States/A | Field '${name}' is only supported in an inline Map`,
      ),
    );
  });
});

describe('a choice of several ways', () => {
  it('has its output from the state', () => {
    const Choices = [{ Condition: '{% true %}', Next: 'B', Output: 1 }];
    const states = (Select?: string) => ({
      A: { Type: 'Choice', Choices, ...(Select === undefined ? {} : { Select }) },
      B: pass(),
    });
    const jsonata = { QueryLanguage: 'JSONata' };
    expect(findings(states(), jsonata)).toEqual([]);
    expect(findings(states('All'), jsonata)).toEqual([
      `ERROR ${schema} /States/A/Choices/0/Output | With 'Select': 'All' several rules can match, so a rule has no 'Output': give it to the state`,
    ]);
    expect(findings(states('Some'), jsonata)).toEqual([
      `ERROR ${schema} /States/A/Select | Value should be one of the following: [All]`,
    ]);
  });
});

describe('a mutex', () => {
  const states = {
    A: pass(['B', 'C']),
    B: pass('Gap'),
    Gap: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'Longer' }], Default: 'E' },
    Longer: pass('D'),
    C: pass('E'),
    D: pass('E'),
    E: pass(),
  };
  const mutex = (...groups: Json[]) => findings(states, { Mutex: { m: groups } });

  it('has groups of states', () => {
    expect(mutex('B', 'C', ['D'])).toEqual([]);
    expect(mutex(['B', 'Gap', 'Longer', 'D'], 'C')).toEqual([]);
    const inner = { StartAt: 'I', States: { I: pass('J'), J: pass() }, Mutex: { m: ['I', 'J'] } };
    expect(findings({ A: map({ ItemProcessor: inner }) })).toEqual([]);
    expect(findings({ A: { Type: 'Parallel', Branches: [inner], End: true } })).toEqual([]);
  });

  it.each<[Json, string]>([
    [[], `${schema} /Mutex | Expected value of type [OBJECT]`],
    [{ m: 'B' }, `${schema} /Mutex/m | Expected value of type [ARRAY]`],
    [{ m: [] }, `${schema} /Mutex/m | The mutex 'm' must have groups: names of states, or lists of names`],
    [{ m: ['B', []] }, `${schema} /Mutex/m/1 | A group of a mutex must name at least one state`],
    [{ m: ['B', 1] }, `${schema} /Mutex/m/1 | Expected value of type [STRING]`],
    [{ m: ['B', ['C', 1]] }, `${schema} /Mutex/m/1/1 | Expected value of type [STRING]`],
    [
      { m: ['B', 'X'] },
      "UNKNOWN_STATE /Mutex/m/1 | There is no state 'X' in this scope: only states of the same scope can be named",
    ],
    [
      {
        m: [
          ['B', 'C'],
          ['D', 'C'],
        ],
      },
      "MUTEX_GROUPS_OVERLAP /Mutex/m/1/1 | 'C' is in another group of this mutex already: a state can be in one group only",
    ],
  ])('cannot be %j', (Mutex, expected) => {
    expect(findings(states, { Mutex })).toEqual([`ERROR ${expected}`]);
  });

  it('is of no use with one group', () => {
    expect(mutex('B')).toEqual([
      "WARNING WITHOUT_EFFECT /Mutex/m | The mutex 'm' has one group only, which excludes nobody: add another group",
    ]);
  });

  it('is warned of ways between its states that do not belong to the group', () => {
    const gap = (name: string) =>
      `WARNING MUTEX_GAP /Mutex/m/0 | A token can go through '${name}' from one state of the group to another, and does not occupy the group there: list '${name}' too, if it shall`;
    expect(mutex(['B', 'D'], 'C')).toEqual([gap('Gap'), gap('Longer')]);
    expect(mutex(['B', 'Gap', 'D'], 'C')).toEqual([gap('Longer')]);
  });
});

describe('a work item', () => {
  const task = (more: JsonObject) => ({ A: { Type: 'Task', Resource: workItem, End: true, ...more } });
  const jsonata = { QueryLanguage: 'JSONata' };
  const texts = { Assignee: 'ann', Candidates: ['ann', 'bob'], Title: 'Look', Payload: { any: [1] } };

  it('is called with what tells people about it', () => {
    expect(findings(task({ Parameters: texts }))).toEqual([]);
    expect(findings(task({ Parameters: { 'Candidates.$': '$.c', 'Payload.$': '$' } }))).toEqual([]);
    expect(findings(task({ Arguments: texts }), jsonata)).toEqual([]);
    expect(findings(task({ Arguments: { Candidates: ['{% $states.input.a %}'], Title: '{% 1 %}' } }), jsonata)).toEqual(
      [],
    );
    expect(findings(task({ Arguments: '{% $states.input %}' }), jsonata)).toEqual([]);
    expect(findings(task({}))).toEqual([]);
  });

  it.each<[Json, string]>([
    [
      { Asignee: 'ann' },
      `/Asignee | A work item has no field 'Asignee': put what is to be worked on into 'Payload' | Did you mean 'Assignee'?`,
    ],
    [{ Assignee: 1 }, '/Assignee | Expected value of type [STRING]'],
    [{ Title: [] }, '/Title | Expected value of type [STRING]'],
    [{ Candidates: 'ann' }, '/Candidates | Expected value of type [ARRAY]'],
    [{ Candidates: ['ann', 1] }, '/Candidates/1 | Expected value of type [STRING]'],
    ['ann', ' | Expected value of type [OBJECT]'],
  ])('cannot be called with %j', (given, expected) => {
    expect(findings(task({ Parameters: given }))).toEqual([`ERROR ${schema} /States/A/Parameters${expected}`]);
    expect(findings(task({ Arguments: given }), jsonata)).toEqual([`ERROR ${schema} /States/A/Arguments${expected}`]);
  });

  it('is for workflows that may wait, and known to the engine', () => {
    expect(findings(task({}), {}, 'EXPRESS')).toEqual([
      `ERROR ${schema} /States/A/Resource | Express state machine does not support work items`,
    ]);
    const definition = { StartAt: 'A', States: task({}) };
    expect(loadDefinition(definition, { ...options, integrations: new Set<string>() }).findings).toEqual([]);
    const misspelt = task({ Resource: 'arn:aws:states:::knhk:workitem' });
    expect(findings(misspelt)[0]).toMatch(/^ERROR SCHEMA_VALIDATION_FAILED \/States\/A\/Resource/);
    expect(findings(task({ Resource: `${workItem}.sync` }))[0]).toMatch(/^ERROR .* is not recognized/);
  });
});

describe('a pool', () => {
  const named = (Pool: Json) => findings({ A: pass(undefined, { Pool }) });

  it('has a plain name', () => {
    expect(named('gpu-2.large')).toEqual([]);
    expect(named('workflow:order')).toEqual([
      "ERROR SCHEMA_VALIDATION_FAILED /States/A/Pool | 'workflow:order' cannot be the name of a resource pool: use 1 to 80 letters, digits, '_', '.' and '-'",
    ]);
    expect(named('{% $pool %}')[0]).toContain('it cannot be an expression');
    const within = { StartAt: 'B', States: { B: { Type: 'Pass', Pool: 'gpu', End: true } } };
    const both = { A: { Type: 'Parallel', Pool: 'gpu', Branches: [within], End: true } };
    expect(findings(both)).toEqual([
      "WARNING POOL_WITHIN_ITSELF /States/A/Branches/0/States/B/Pool | 'A' around it holds a permit of this pool already: give them different pools, or leave one of the two out",
    ]);
    expect(findings({ A: { ...both.A, Pool: 'cpu' } })).toEqual([]);
    expect(named(3)).toEqual(['ERROR SCHEMA_VALIDATION_FAILED /States/A/Pool | Expected value of type [STRING]']);
  });
});

it('warns under codes of its own, which Step Functions does not have', () => {
  for (const code of ['MUTEX_GAP', 'NO_EVENT', 'UNREACHABLE_STATE', 'WITHOUT_EFFECT'] as const) {
    expect([code, ownCodes.has(code)]).toEqual([code, true]);
  }
});
