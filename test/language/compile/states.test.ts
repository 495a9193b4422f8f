import { describe, expect, it } from 'vitest';
import { environment, lambda, planOf, stateOf } from './fixture.ts';

describe('Wait', () => {
  const now = Date.UTC(2026, 0, 1);
  const until = (fields: Record<string, string | number>, input = {}, language?: 'JSONata') =>
    stateOf('Wait', fields, language).until(environment({ input, now }));

  it('waits for seconds or for a moment', () => {
    expect(until({ Seconds: 3 })).toBe(now + 3000);
    expect(until({ SecondsPath: '$.s' }, { s: 4 })).toBe(now + 4000);
    expect(until({ Timestamp: '2026-01-01T01:00:00+01:00' })).toBe(now);
    expect(until({ TimestampPath: '$.t' }, { t: '2026-01-01T00:00:00.25Z' })).toBe(now + 250);
    expect(until({ Seconds: '{% $states.input.s * 2 %}' }, { s: 2 }, 'JSONata')).toBe(now + 4000);
    expect(until({ Timestamp: '{% $states.input.t %}' }, { t: '2026-01-02T00:00:00Z' }, 'JSONata')).toBe(
      now + 86_400_000,
    );
  });

  it.each([
    [{ SecondsPath: '$.s' }, { s: 'x' }, 'The SecondsPath parameter does not reference an integer value: $.s == x'],
    [
      { TimestampPath: '$.t' },
      { t: '2026-01-01 00:00:00Z' },
      'The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 2026-01-01 00:00:00Z',
    ],
    [{ TimestampPath: '$.t' }, { t: '2199-01-01T00:00:00Z' }, 'Wait state delay is too long.'],
  ])('fails with States.Runtime: %j %j', (fields, input, cause) => {
    expect(() => until(fields, input)).toThrow(expect.objectContaining({ error: 'States.Runtime', message: cause }));
  });

  it('names the type that an expression gave instead of a number', () => {
    expect(() => until({ Seconds: '{% $states.input.s %}' }, { s: 'x' }, 'JSONata')).toThrow(
      "The JSONata expression '$states.input.s' specified for the field 'Seconds' returned an unexpected result type. " +
        "Expected 'integer', but was 'string' for value: \"x\"",
    );
  });
});

describe('Fail', () => {
  it('has an error and a cause, from text, path, intrinsic function or expression, or neither', () => {
    const failure = (fields: Record<string, string>, language?: 'JSONata') =>
      stateOf('Fail', fields, language).failure(environment({ input: { e: 'E1', n: 1 } }));
    expect(failure({})).toEqual({});
    expect(failure({ Error: 'E', Cause: 'C' })).toEqual({ error: 'E', cause: 'C' });
    expect(failure({ ErrorPath: '$.e', CausePath: "States.Format('n={}', $.n)" })).toEqual({
      error: 'E1',
      cause: 'n=1',
    });
    expect(failure({ Error: "{% 'X' & $states.input.n %}" }, 'JSONata')).toEqual({ error: 'X1' });
  });
});

describe('Choice', () => {
  const rules = [
    {
      And: [
        { Variable: '$.n', NumericGreaterThan: 1 },
        { Variable: '$.n', NumericLessThan: 5 },
      ],
      Next: 'A',
    },
    { Variable: '$.gone', IsPresent: true, Next: 'A', Assign: { why: 'present' } },
  ];

  it('goes where the first matching rule leads, otherwise to Default', () => {
    const choice = stateOf('Choice', { Choices: rules, Default: 'B', Assign: { why: 'default' } });
    const input = { n: 2 };
    expect(choice.choose(environment({ input }))).toEqual({ output: input, next: ['A'] });
    expect(choice.choose(environment({ input })).output).toBe(input);
    expect(choice.choose(environment({ input: { n: 9, gone: 1 } }))).toMatchObject({
      assign: { why: 'present' },
      next: ['A'],
    });
    expect(choice.choose(environment({ input: { n: 9 } }))).toMatchObject({ assign: { why: 'default' }, next: ['B'] });
  });

  it('fails where nothing matches, or a path leads nowhere', () => {
    const choice = stateOf('Choice', {
      Choices: [
        { Variable: '$.n', NumericEquals: 1, Next: 'A' },
        { Variable: '$.n', NumericEquals: 2, Next: 'B' },
      ],
    });
    expect(() => choice.choose(environment({ input: { n: 3 } }))).toThrow(
      expect.objectContaining({ error: 'States.NoChoiceMatched' }),
    );
    expect(() => choice.choose(environment({ input: {} }))).toThrow(
      expect.objectContaining({
        error: 'States.Runtime',
        message: "Invalid path '$.n': The choice state's condition path references an invalid value.",
      }),
    );
  });

  it('evaluates conditions, with Output and Assign of the rule that applies', () => {
    const choice = stateOf(
      'Choice',
      {
        Choices: [{ Condition: '{% $states.input.n > $limit %}', Next: 'A', Output: '{% $states.input.n %}' }],
        Default: 'B',
        Output: 'none',
      },
      'JSONata',
    );
    const variables = { limit: 3 };
    expect(choice.choose(environment({ input: { n: 4 }, variables }))).toEqual({ output: 4, next: ['A'] });
    expect(choice.choose(environment({ input: { n: 3 }, variables }))).toEqual({ output: 'none', next: ['B'] });
    const vague = stateOf('Choice', { Choices: [{ Condition: '{% 1 %}', Next: 'A' }], Default: 'B' }, 'JSONata');
    expect(() => vague.choose(environment())).toThrow(expect.objectContaining({ location: 'Choices[0]/Condition' }));
  });
});

describe('Map', () => {
  const processor = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
  const item = (index: number, value: number) => ({ Map: { Item: { Index: index, Value: value } } });

  it('goes through the items of its input', () => {
    const list = [1, 2];
    const map = stateOf('Map', { ItemProcessor: processor });
    expect(map.items(environment({ input: list }))).toBe(list);
    expect(map.itemInput(environment({ input: list, item: { index: 1, value: 2 } }))).toBe(2);
    expect(map.processor).toBe(1);
    expect(map.distributed).toBeUndefined();
    expect(map.maxConcurrency(environment())).toBe(0);
    expect(map.toleratedFailures(environment())).toEqual({ count: 0, percentage: 0 });
    expect(() => map.items(environment({ input: {} }))).toThrow('Reference path "$" must point to array.');
  });

  it('selects the input of an item, with InputPath before ItemsPath', () => {
    const map = stateOf('Map', {
      InputPath: '$.in',
      ItemsPath: '$.list',
      ItemSelector: { 'value.$': '$$.Map.Item.Value', 'base.$': '$.base' },
      ItemProcessor: processor,
    });
    const input = { in: { list: [7], base: 10 } };
    expect(map.items(environment({ input }))).toBe(input.in.list);
    expect(map.itemInput(environment({ input, context: item(0, 7) }))).toEqual({ value: 7, base: 10 });
    const older = stateOf('Map', { Iterator: processor, Parameters: { 'v.$': '$$.Map.Item.Value' } });
    expect(older.itemInput(environment({ input: [1], context: item(0, 1) }))).toEqual({ v: 1 });
  });

  it('takes items and selector as expressions', () => {
    const map = stateOf(
      'Map',
      {
        Items: '{% $states.input.list %}',
        ItemSelector: { v: '{% $states.context.Map.Item.Value + 1 %}' },
        MaxConcurrency: '{% $states.input.limit %}',
        ItemProcessor: processor,
      },
      'JSONata',
    );
    const input = { list: [1, 2], limit: 4 };
    expect(map.items(environment({ input }))).toEqual([1, 2]);
    expect(map.itemInput(environment({ input, context: item(0, 1) }))).toEqual({ v: 2 });
    expect(map.maxConcurrency(environment({ input }))).toBe(4);
    expect(() => map.items(environment({ input: { list: 1, limit: 1 } }))).toThrow(
      /Expected 'array', but was 'number'/,
    );
  });

  it('reads limits from paths, also where they are written as text', () => {
    const map = stateOf('Map', {
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...processor },
      MaxConcurrencyPath: '$.m',
      ToleratedFailureCountPath: '$.c',
      ToleratedFailurePercentagePath: '$.p',
    });
    const env = (input: Record<string, number | string>) => environment({ input });
    expect(map.distributed?.executionType).toBe('STANDARD');
    expect(map.maxConcurrency(env({ m: '3' }))).toBe(3);
    expect(map.toleratedFailures(env({ c: 1, p: 12.5 }))).toEqual({ count: 1, percentage: 12.5 });
    expect(() => map.maxConcurrency(env({ m: 'x' }))).toThrow(
      'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.m',
    );
    expect(() => map.toleratedFailures(env({ c: -1, p: 1 }))).toThrow('ToleratedFailureCount cannot be negative.');
    expect(() => map.toleratedFailures(env({ c: 0, p: 101 }))).toThrow(
      'ToleratedFailurePercentage must be between 0 and 100.',
    );
  });
});

describe('Task', () => {
  it('has retriers with the defaults of the language, and catchers', () => {
    const { retry, catch: catchers } = stateOf('Task', {
      Resource: lambda,
      Retry: [
        { ErrorEquals: ['A'] },
        { ErrorEquals: ['States.ALL'], MaxAttempts: 0, MaxDelaySeconds: 9, JitterStrategy: 'FULL' },
      ],
      Catch: [
        { ErrorEquals: ['B'], Next: 'S' },
        { ErrorEquals: ['C'], Next: 'S', ResultPath: '$.e', Assign: { 'm.$': '$.Cause' } },
      ],
    });
    expect(retry).toEqual([
      { errorEquals: ['A'], intervalSeconds: 1, maxAttempts: 3, backoffRate: 2, jitter: 'NONE' },
      {
        errorEquals: ['States.ALL'],
        intervalSeconds: 1,
        maxAttempts: 0,
        backoffRate: 2,
        maxDelaySeconds: 9,
        jitter: 'FULL',
      },
    ]);
    const errorOutput = { Error: 'B', Cause: 'b' };
    const env = environment({ input: { n: 1 }, errorOutput });
    expect(catchers.map((catcher) => catcher.produce(env))).toEqual([
      { output: errorOutput },
      { output: { n: 1, e: errorOutput }, assign: { m: 'b' } },
    ]);
    expect(catchers[0]).toMatchObject({ errorEquals: ['B'], next: ['S'] });
  });

  it('has catchers in JSONata', () => {
    const { catch: catchers } = stateOf(
      'Task',
      {
        Resource: lambda,
        Catch: [
          { ErrorEquals: ['B'], Next: 'S' },
          {
            ErrorEquals: ['C'],
            Next: 'S',
            Output: '{% $states.errorOutput.Cause %}',
            Assign: { e: '{% $states.errorOutput.Error %}' },
          },
        ],
      },
      'JSONata',
    );
    const errorOutput = { Error: 'B', Cause: 'b' };
    expect(catchers.map(({ produce }) => produce(environment({ errorOutput })))).toEqual([
      { output: errorOutput },
      { output: 'b', assign: { e: 'B' } },
    ]);
  });

  it('has limits of time', () => {
    const env = environment({ input: { t: 5 } });
    const plain = stateOf('Task', { Resource: lambda });
    expect([plain.timeoutSeconds(env), plain.heartbeatSeconds(env)]).toEqual([undefined, undefined]);
    const paths = stateOf('Task', { Resource: lambda, TimeoutSecondsPath: '$.t', HeartbeatSeconds: 2 });
    expect([paths.timeoutSeconds(env), paths.heartbeatSeconds(env)]).toEqual([5, 2]);
    expect(() => paths.timeoutSeconds(environment({ input: { t: 0 } }))).toThrow(/between 1 and 99999999/);
    const expression = stateOf('Task', { Resource: lambda, TimeoutSeconds: '{% $states.input.t + 1 %}' }, 'JSONata');
    expect(expression.timeoutSeconds(env)).toBe(6);
  });

  it('assumes a role', () => {
    const env = environment({ input: { role: 'arn:x' } });
    expect(stateOf('Task', { Resource: lambda, Credentials: { 'RoleArn.$': '$.role' } }).roleArn(env)).toBe('arn:x');
    const jsonata = stateOf(
      'Task',
      { Resource: lambda, Credentials: { RoleArn: '{% $states.input.role %}' } },
      'JSONata',
    );
    expect(jsonata.roleArn(env)).toBe('arn:x');
    expect(stateOf('Task', { Resource: lambda }).roleArn(env)).toBeUndefined();
  });

  it.each([
    [lambda, { kind: 'lambda', arn: lambda, functionName: 'work' }],
    [`${lambda}:live`, { kind: 'lambda', arn: `${lambda}:live`, functionName: 'work' }],
    ['arn:aws:states:eu-west-1:111111111111:activity:sign', { kind: 'activity' }],
    [
      'arn:aws:states:::lambda:invoke.waitForTaskToken',
      { service: 'lambda', action: 'invoke', pattern: 'waitForTaskToken' },
    ],
    [
      'arn:aws:states:::states:startExecution.sync:2',
      { service: 'states', action: 'startExecution', pattern: 'sync:2' },
    ],
    ['arn:aws:states:::batch:submitJob.sync', { service: 'batch', action: 'submitJob', pattern: 'sync' }],
    [
      'arn:aws:states:::aws-sdk:s3:getObject',
      { service: 'aws-sdk:s3', action: 'getObject', pattern: 'requestResponse' },
    ],
  ])('reads the resource %s', (arn, resource) => {
    expect(stateOf('Task', { Resource: arn }).resource).toMatchObject(resource);
  });
});

describe('Plan', () => {
  it('numbers scopes in document order', () => {
    const pass = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });
    const map = { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: pass('a'), End: true } } };
    const plan = planOf({
      StartAt: 'P',
      TimeoutSeconds: 60,
      States: {
        P: { Type: 'Parallel', Branches: [map, pass('b')], Next: 'N' },
        N: { Type: 'Map', ItemProcessor: pass('c'), End: true },
      },
    });
    expect(plan.scopes.map(({ startAt, index }) => [index, startAt])).toEqual([
      [0, 'P'],
      [1, 'M'],
      [2, 'a'],
      [3, 'b'],
      [4, 'c'],
    ]);
    expect(plan.scopes[0]?.states.get('P')).toMatchObject({ branches: [1, 3], next: ['N'] });
    expect(plan.scopes[0]?.states.get('N')).toMatchObject({ processor: 4, next: [] });
    expect(plan.timeoutSeconds).toBe(60);
  });

  it('marks tasks idempotent one by one or all together', () => {
    const task = { Type: 'Task', Resource: lambda };
    const marks = (definition: Record<string, boolean>, state: Record<string, boolean>) => {
      const plan = planOf({ ...definition, StartAt: 'T', States: { T: { ...task, ...state, End: true } } });
      const compiled = plan.scopes[0]?.states.get('T');
      return compiled?.type === 'Task' && compiled.idempotent;
    };
    expect(marks({}, {})).toBe(false);
    expect(marks({}, { Idempotent: true })).toBe(true);
    expect(marks({ Idempotent: true }, {})).toBe(true);
    expect(marks({ Idempotent: true }, { Idempotent: false })).toBe(false);
  });

  it('lets states use JSONata in a definition of JSONPath, but not those inside them', () => {
    const plan = planOf({
      StartAt: 'P',
      States: {
        P: {
          Type: 'Parallel',
          QueryLanguage: 'JSONata',
          Output: '{% $states.result[0] %}',
          Branches: [{ StartAt: 'I', States: { I: { Type: 'Pass', Parameters: { 'a.$': '$.a' }, End: true } } }],
          End: true,
        },
      },
    });
    expect(plan.scopes[0]?.states.get('P')?.queryLanguage).toBe('JSONata');
    expect(plan.scopes[1]?.states.get('I')?.queryLanguage).toBe('JSONPath');
  });
});
