import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDefinition } from '../../../lib/language/index.ts';
import { begin, type Decision, decide } from '../../../lib/model/decide.ts';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import { evolve } from '../../../lib/model/evolve.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { ExecutionState } from '../../../lib/model/state.ts';
import { options } from '../compile/fixture.ts';

const JSONATA = [
  '1 + 2',
  "$uppercase('abc') & 'd'",
  '$sum([1..10])',
  '[1, 2]',
  '{"a": [1], "b": {"c": 2}}',
  '($x := [1]; {"a": $x, "b": $x})',
  "$hash('a', 'SHA-256')",
  '$map([1..3], function($v) { $v * 2 })',
  '$now()',
  '$random()',
  '$uuid()',
  '$shuffle([1..5])',
  "$toMillis('12:00', '[H]:[m]')",
  "1 + 'a'",
  "$error('no')",
  '[1][5]',
  '$states.input',
  '$states.input.n + 2 * 3',
  '$states.context.State.Name',
  '$kept',
  '$states.input.inner[0]',
  '$states.input.inner',
  '$sum',
  '$length($string([1..9000]))',
  '$uppercase($states.input.s)',
];

const CONDITIONS = [
  'true',
  'false',
  '1 = 2',
  '1 < 2',
  "$length('abc') = 3",
  '$states.input.n > 1',
  "'text'",
  '$boolean($sum)',
  '$exists($kept)',
];

const INTRINSICS = [
  'States.MathAdd(1, 2)',
  "States.Format('{} of {}', 1, 'b')",
  'States.Array(1, States.Array(2, null))',
  'States.ArrayRange(1, 20, 3)',
  "States.Hash('a', 'SHA-256')",
  'States.StringToJson(\'{"a":[1]}\')',
  'States.MathRandom(1, 100)',
  'States.MathRandom(1, 100, 7)',
  'States.UUID()',
  'States.ArrayGetItem(States.Array(1), 5)',
  "States.Format('{}', $.n)",
  "States.Array($.n, States.Format('{}!', 1))",
  '$.n',
  '$',
  '$kept',
  '$$.State.Name',
];

/** Some of them hide functions. */
const VARIABLES = ['kept', 'sum', 'uppercase', 'length'];

interface Step {
  readonly kind: 'Pass' | 'Choice' | 'Wait' | 'Fail' | 'Parallel';
  readonly jsonata: boolean;
  readonly expressions: readonly number[];
  readonly variable: number;
  readonly assigns: boolean;
  readonly to: readonly number[];
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind']>('Pass', 'Pass', 'Pass', 'Choice', 'Choice', 'Wait', 'Fail', 'Parallel'),
    jsonata: fc.boolean(),
    expressions: fc.array(fc.nat({ max: 1_000 }), { minLength: 4, maxLength: 4 }),
    variable: fc.nat({ max: 3 }),
    assigns: fc.boolean(),
    to: fc.array(fc.nat({ max: 20 }), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);

function pick(pool: readonly string[], index = 0): string {
  return pool[index % pool.length] ?? '';
}

function definitionOf(list: readonly Step[]): JsonObject {
  const nameOf = (index: number) => (index >= list.length ? 'Done' : `S${index}`);
  const jump = (step: Step, at: number, which: number) => {
    const to = step.to[which] ?? 0;
    // Most go on; some go back.
    return nameOf(to > 16 ? to % list.length : at + 1 + (to % 2));
  };
  const entries = list.map((step, at): [string, JsonObject] => [
    nameOf(at),
    step.jsonata || step.kind === 'Parallel'
      ? jsonataState(step, at, (which) => jump(step, at, which))
      : pathState(step, (w) => jump(step, at, w)),
  ]);
  // What nothing leads to would be refused.
  const reached = new Set(['S0']);
  for (const name of reached) for (const to of targets(entries.find(([own]) => own === name)?.[1])) reached.add(to);
  const states = Object.fromEntries(entries.filter(([name]) => reached.has(name)));
  const begin: JsonObject = { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'Done' }], Default: 'S0' };
  return { StartAt: 'Begin', States: { Begin: begin, ...states, Done: { Type: 'Succeed' } } };
}

function targets(state: JsonObject | undefined): string[] {
  const found: string[] = [];
  JSON.stringify(state ?? {}, (key, value: unknown) => {
    if ((key === 'Next' || key === 'Default') && typeof value === 'string') found.push(value);
    return value;
  });
  return found;
}

function jsonataState(step: Step, at: number, jump: (which: number) => string): JsonObject {
  const expression = (which: number) => `{% ${pick(JSONATA, step.expressions[which])} %}`;
  const assign: JsonObject = step.assigns ? { Assign: { [pick(VARIABLES, step.variable)]: expression(3) } } : {};
  const base = { Type: step.kind, QueryLanguage: 'JSONata' };
  switch (step.kind) {
    case 'Pass':
      return { ...base, Output: outputOf(step, expression), ...assign, Next: jump(0) };
    case 'Choice':
      return {
        ...base,
        Choices: [0, 1].map((which) => ({
          Condition: `{% ${pick(CONDITIONS, step.expressions[which])} %}`,
          ...(which === 0 ? assign : { Output: expression(2) }),
          Next: jump(which),
        })),
        ...(step.assigns ? { Default: jump(2) } : {}),
      };
    case 'Wait':
      return { ...base, Seconds: '{% 1 - 1 %}', Output: expression(0), ...assign, Next: jump(0) };
    case 'Fail':
      return { ...base, Error: "{% 'E' & 1 %}", Cause: expression(0) };
    case 'Parallel':
      return {
        ...base,
        Branches: [branch(`A${at}`, expression(0)), branch(`B${at}`, expression(1))],
        Output: expression(2),
        Next: jump(0),
      };
  }
}

function outputOf(step: Step, expression: (which: number) => string): Json {
  return step.variable === 0 ? expression(0) : { n: expression(0), s: 'fixed', inner: [expression(1), expression(2)] };
}

function branch(name: string, output: string): JsonObject {
  return { StartAt: name, States: { [name]: { Type: 'Pass', QueryLanguage: 'JSONata', Output: output, End: true } } };
}

function pathState(step: Step, jump: (which: number) => string): JsonObject {
  const intrinsic = (which: number) => pick(INTRINSICS, step.expressions[which]);
  const assign: JsonObject = step.assigns ? { Assign: { [`${pick(VARIABLES, step.variable)}.$`]: intrinsic(3) } } : {};
  switch (step.kind) {
    case 'Choice':
      return {
        Type: 'Choice',
        Choices: [{ Variable: '$.n', NumericLessThan: 3, ...assign, Next: jump(0) }],
        Default: jump(2),
      };
    case 'Fail':
      return { Type: 'Fail', Error: 'E', CausePath: "States.Format('{} {}', 'a', 1)" };
    default:
      return {
        Type: 'Pass',
        Parameters: { 'n.$': intrinsic(0), inner: { 's.$': intrinsic(1) } },
        ...(step.variable === 0 ? { ResultPath: '$.n' } : {}),
        ...assign,
        Next: jump(0),
      };
  }
}

const identity = {
  id: 'arn:aws:states:eu-central-1:123456789012:execution:w:e',
  name: 'e',
  startedAt: 0,
  workflow: {
    id: 'arn:aws:states:eu-central-1:123456789012:stateMachine:w',
    name: 'w',
    type: 'STANDARD',
    revision: '1',
    roleArn: 'arn:aws:iam::123456789012:role/r',
  },
} as const;

/** The events of each decision: where one ends for want of budget counts too. */
function play(plan: Plan, input: Json): readonly (readonly ExecutionEvent[])[] {
  let seed = 1;
  const random32 = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed;
  };
  const occasion = () => ({ at: 1_000_000, random32 });
  const decided: (readonly ExecutionEvent[])[] = [];
  let decision: Decision = begin(plan, { type: 'StartExecution', identity, input }, occasion());
  decided.push(decision.events);
  // Loops go on for ever.
  for (let turns = 0; decision.more && turns < 1; turns += 1) {
    decision = decide(plan, decision.state, { type: 'Wake' }, occasion());
    decided.push(decision.events);
  }
  // What was passed in one go is what the log makes of it.
  expect(fold(plan, decided.flat())).toEqual(decision.state);
  return decided;
}

function fold(plan: Plan, events: readonly ExecutionEvent[]): ExecutionState | undefined {
  let state: ExecutionState | undefined;
  for (const event of events) state = evolve(plan, state, event);
  return state;
}

function load(definition: Json, isOptimized: boolean): Plan {
  const { plan, findings } = loadDefinition(definition, { ...options, isOptimized });
  if (plan === undefined) throw new Error(JSON.stringify(findings.filter(({ severity }) => severity === 'ERROR')));
  return plan;
}

describe('an optimized plan', () => {
  it('gives the events that the plain one gives, decision by decision', { timeout: 30_000 }, () => {
    const ends = new Set<string>();
    fc.assert(
      fc.property(steps, fc.constantFrom<Json>({ n: 0, s: 'a' }, { n: 5 }, [1], 'text'), (list, input) => {
        const definition = definitionOf(list);
        const plain = play(load(definition, false), input);
        const optimized = play(load(definition, true), input);
        if (JSON.stringify(optimized) !== JSON.stringify(plain)) expect(optimized).toEqual(plain);
        ends.add(plain.at(-1)?.at(-1)?.type ?? '');
      }),
      { numRuns: 120 },
    );
    expect([...ends]).toEqual(expect.arrayContaining(['ExecutionSucceeded', 'ExecutionFailed']));
  });

  it('ends a decision where the plain one does, for what its constants cost', () => {
    const loop = (expression: string): Json => ({
      QueryLanguage: 'JSONata',
      StartAt: 'Again',
      States: {
        Again: { Type: 'Pass', Assign: { a: `{% ${expression} %}` }, Next: 'Or' },
        Or: { Type: 'Choice', Choices: [{ Condition: '{% 1 = 2 %}', Next: 'End' }], Default: 'Again' },
        End: { Type: 'Succeed' },
      },
    });
    const definition = loop('$count([1..9000])');
    const plain = play(load(definition, false), null);
    // The work is spent before the 1,000 states are.
    expect(plain[0]?.length).toBeLessThan(2_000);
    expect(play(load(definition, true), null)).toEqual(plain);
  });
});
