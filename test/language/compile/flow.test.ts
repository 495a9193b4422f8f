import { describe, expect, it } from 'vitest';
import { StateError } from '../../../lib/model/errors.ts';
import { environment, lambda, stateOf } from './fixture.ts';

const input = { order: { id: 7, items: [1, 2] }, who: 'ann' };

describe('JSONPath data flow', () => {
  it('hands on the very same object where no field changes it', () => {
    const env = environment({ input, result: { done: true } });
    const task = stateOf('Task', { Resource: lambda });
    expect(stateOf('Pass', {}).produce(env).output).toBe(input);
    expect(stateOf('Wait', { Seconds: 0 }).produce(env).output).toBe(input);
    expect(stateOf('Succeed', {}).produce(env).output).toBe(input);
    expect(task.arguments(env)).toBe(input);
    expect(task.complete(env)).toEqual({ output: env.result });
    expect(task.complete(env).output).toBe(env.result);
    expect(stateOf('Task', { Resource: lambda, ResultPath: null }).complete(env).output).toBe(input);
    expect(stateOf('Task', { Resource: lambda, InputPath: '$.order' }).arguments(env)).toBe(input.order);
  });

  it('applies InputPath, Parameters, ResultSelector, ResultPath and OutputPath in this order', () => {
    const task = stateOf('Task', {
      Resource: lambda,
      InputPath: '$.order',
      Parameters: { 'number.$': '$.id', 'run.$': '$$.Execution.Name', fixed: 1 },
      ResultSelector: { 'ok.$': '$.status' },
      ResultPath: '$.order.outcome',
      OutputPath: '$.order',
    });
    expect(task.arguments(environment({ input }))).toEqual({ number: 7, run: 'e-1', fixed: 1 });
    expect(task.complete(environment({ input, result: { status: 'fine', noise: 1 } })).output).toEqual({
      id: 7,
      items: [1, 2],
      outcome: { ok: 'fine' },
    });
    expect(input).toEqual({ order: { id: 7, items: [1, 2] }, who: 'ann' });
  });

  it('makes null paths an empty object, or the raw input for ResultPath', () => {
    const env = environment({ input });
    expect(stateOf('Pass', { InputPath: null }).produce(env).output).toEqual({});
    expect(stateOf('Pass', { OutputPath: null }).produce(env).output).toEqual({});
    expect(stateOf('Pass', { Result: 5, ResultPath: null }).produce(env).output).toBe(input);
  });

  it('takes Result as it is, with what looks like paths in it', () => {
    const result = { 'x.$': '$.who' };
    expect(stateOf('Pass', { Result: result, ResultPath: '$.r' }).produce(environment({ input })).output).toEqual({
      ...input,
      r: result,
    });
  });

  it('assigns from the result, before ResultPath', () => {
    const task = stateOf('Task', { Resource: lambda, Assign: { 'got.$': '$.n', fixed: [1] }, ResultPath: '$.r' });
    expect(task.complete(environment({ input: {}, result: { n: 3 } }))).toEqual({
      output: { r: { n: 3 } },
      assign: { got: 3, fixed: [1] },
    });
    expect(stateOf('Pass', { Assign: {} }).produce(environment())).not.toHaveProperty('assign');
  });

  it('reads variables', () => {
    const pass = stateOf('Pass', { Parameters: { 'all.$': '$list', 'first.$': '$list[0]' } });
    expect(pass.produce(environment({ variables: { list: [4, 5] } })).output).toEqual({ all: [4, 5], first: 4 });
  });

  it('fails with the errors of the language', () => {
    const missing = stateOf('Pass', { Parameters: { 'a.$': '$.nope' } });
    expect(() => missing.produce(environment({ input: { b: 1 } }))).toThrow(
      new StateError(
        'States.Runtime',
        `The JSONPath '$.nope' specified for the field 'a.$' could not be found in the input '{"b":1}'`,
      ),
    );
    const misplaced = stateOf('Pass', { Result: 1, ResultPath: '$.b.c' });
    expect(errorOf(() => misplaced.produce(environment({ input: { b: 1 } })))).toBe('States.ResultPathMatchFailure');
    const intrinsic = stateOf('Pass', { Parameters: { 'a.$': "States.StringToJson('{')" } });
    expect(errorOf(() => intrinsic.produce(environment()))).toBe('States.IntrinsicFailure');
  });

  it('lends intrinsic functions their digests and ids', () => {
    const pass = stateOf('Pass', { Parameters: { 'h.$': "States.Hash('a', 'MD5')", 'u.$': 'States.UUID()' } });
    expect(pass.produce(environment()).output).toEqual({
      h: '0cc175b9c0f1b6a831c399e269772661',
      u: '00000000-0000-4000-8000-000000000000',
    });
  });

  it('does not build the context object that nobody asks for', () => {
    const env = environment({ input });
    const guarded = Object.defineProperty({ ...env }, 'context', {
      get: () => {
        throw new Error('built');
      },
    });
    const path = stateOf('Pass', { Parameters: { 'a.$': '$.who' }, Assign: { b: 1 } });
    const jsonata = stateOf('Pass', { Output: { a: '{% $states.input.who %}' } }, 'JSONata');
    expect(path.produce(guarded).output).toEqual({ a: 'ann' });
    expect(jsonata.produce(guarded).output).toEqual({ a: 'ann' });
  });
});

describe('JSONata data flow', () => {
  it('hands on the very same object where no field changes it', () => {
    const env = environment({ input, result: [1] });
    const task = stateOf('Task', { Resource: lambda }, 'JSONata');
    expect(stateOf('Pass', {}, 'JSONata').produce(env).output).toBe(input);
    expect(task.arguments(env)).toBe(input);
    expect(task.complete(env).output).toBe(env.result);
    const explicit = stateOf('Task', { Resource: lambda, Arguments: '{% $states.input %}' }, 'JSONata');
    expect(explicit.arguments(env)).toBe(input);
    const reading = stateOf('Pass', { Output: '{% $states.input.order %}' }, 'JSONata');
    expect(reading.produce(env).output).toBe(input.order);
  });

  it('evaluates expressions anywhere in plain JSON, and shares what is constant', () => {
    const pass = stateOf(
      'Pass',
      { Output: { fixed: [{ x: 1 }], n: ['{% $states.input.a + $k %}', ' {% x %} '] } },
      'JSONata',
    );
    const first = pass.produce(environment({ input: { a: 2 }, variables: { k: 40 } })).output;
    const second = pass.produce(environment({ input: { a: 0 }, variables: { k: 0 } })).output;
    expect(first).toEqual({ fixed: [{ x: 1 }], n: [42, ' {% x %} '] });
    expect(Reflect.get(Object(first), 'fixed')).toBe(Reflect.get(Object(second), 'fixed'));
    const constant = stateOf('Pass', { Output: { a: [1] } }, 'JSONata');
    expect(constant.produce(environment()).output).toBe(constant.produce(environment()).output);
  });

  it('sees result and context, and the variables as they were before', () => {
    const task = stateOf(
      'Task',
      {
        Resource: lambda,
        Output: '{% [$states.result.n, $states.input.n, $states.context.Execution.Name, $count] %}',
        Assign: { count: '{% $count + 1 %}' },
      },
      'JSONata',
    );
    const env = environment({ input: { n: 1 }, result: { n: 2 }, variables: { count: 5 } });
    expect(task.complete(env)).toEqual({ output: [2, 1, 'e-1', 5], assign: { count: 6 } });
  });

  it('takes an expression that gives nothing for an error, and names the field', () => {
    const pass = stateOf('Pass', { Output: { list: [1, '{% $missing %}'] } }, 'JSONata');
    const error = caught(() => pass.produce(environment()));
    expect(error).toMatchObject({
      error: 'States.QueryEvaluationError',
      message:
        "The JSONata expression '$missing' specified for the field 'Output/list[1]' returned nothing (undefined).",
      location: 'Output/list[1]',
    });
  });

  it('reports what goes wrong in an expression', () => {
    const pass = stateOf('Pass', { Assign: { x: "{% 1 + 'a' %}" } }, 'JSONata');
    const error = caught(() => pass.produce(environment()));
    expect(error).toMatchObject({ error: 'States.QueryEvaluationError', location: 'Assign/x' });
    expect(error.message).toMatch(
      /^The JSONata expression '1 \+ 'a'' specified for the field 'Assign\/x' threw an error during evaluation\. T2002: /,
    );
  });
});

function caught(run: () => unknown): StateError {
  try {
    run();
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function errorOf(run: () => unknown): string {
  return caught(run).error;
}
