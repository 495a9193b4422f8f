import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { StartChildren, StopChildren, WriteResults } from '../../lib/model/map-run-request.ts';
import { decodeSnapshot, encodeSnapshot } from '../../lib/state/snapshot.ts';
import { inOrder, LAMBDA, Scenario } from './scenario.ts';

const processor: JsonObject = {
  ...inOrder({ I: { Type: 'Task', Resource: LAMBDA } }),
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
};

function map(fields: JsonObject = {}): JsonObject {
  return { Type: 'Map', ItemProcessor: processor, ...fields };
}

function runOf(fields: JsonObject, input: Json): Scenario {
  return new Scenario(inOrder({ M: map(fields) }), input);
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const broken = { status: 'FAILED', error: 'E', cause: 'C' } as const;

/** Inputs of the children that were asked for. */
function inputs(launched: readonly StartChildren[]): readonly Json[] {
  return launched.flatMap(({ children }) => children.map(({ input }) => input));
}

function stopped(run: Scenario): readonly number[] {
  return run.effects.flatMap((effect) => {
    if (effect.type !== 'CancelTask' || effect.task.state !== 'M') return [];
    return (effect.task.input as unknown as StopChildren).children.map(({ child }) => child);
  });
}

describe('A distributed Map', () => {
  it('runs each item as a child, and gives their outputs in the order of the items', () => {
    const run = runOf({}, ['a', 'b', 'c']);
    expect(inputs(run.launch())).toEqual(['a', 'b', 'c']);
    run.endChild(2);
    run.endChild(0);
    expect(run.state.status).toBe('RUNNING');
    run.endChild(1);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: ['out 0', 'out 1', 'out 2'] });
  });

  it('is through at once without items', () => {
    expect(runOf({}, []).state).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  it('may hear of the end of a child before it knows that the child was started', () => {
    const run = runOf({}, [1, 2]);
    const request = run.request('startChildren');
    run.endChild(1);
    run.endChild(0);
    expect(run.state.status).toBe('RUNNING');
    run.succeed(2, request);
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('starts no more children at a time than it may', () => {
    const run = runOf({ MaxConcurrency: 2 }, numbers(5));
    expect(inputs(run.launch())).toEqual([0, 1]);
    run.endChild(0);
    run.endChild(1, { output: null });
    expect(inputs(run.launch())).toEqual([2, 3]);
    run.endChild(3);
    expect(inputs(run.launch())).toEqual([4]);
    expect(run.mapRun().work.running).toBe(2);
  });

  it('starts those together that get room while others are being launched', () => {
    const run = runOf({ MaxConcurrency: 3 }, numbers(9));
    run.launch();
    const before = run.types.length;
    for (const child of [0, 1, 2]) run.endChild(child);
    expect(inputs(run.launch())).toEqual([3, 4, 5]);
    // The first end leaves room for one; the other two ends fall into the time in which that one is launched.
    expect(run.types.slice(before).filter((type) => type === 'ChildrenStarted')).toHaveLength(2);
  });

  it('takes up no more children at a time than it may, when it is redriven', () => {
    const run = runOf({ MaxConcurrency: 2, ToleratedFailureCount: 2 }, numbers(6));
    for (const child of [0, 1, 2]) {
      run.launch();
      run.endChild(child, broken);
    }
    expect(run.state.status).toBe('FAILED');
    run.redrive();
    // Failed were 0, 1, 2; 3 was given up.
    const children = () => run.launch().flatMap((asked) => asked.children.map(({ child }) => child));
    expect(children()).toEqual([0, 1]);
    run.endChild(1);
    expect(children()).toEqual([2]);
    run.endChild(0);
    run.endChild(2);
    expect(children()).toEqual([3, 4]);
  });

  it('starts thousands over several decisions, a thousand a request', () => {
    const run = runOf({}, numbers(2_500));
    while (run.more) run.tell({ type: 'Wake' });
    const launched = run.launch();
    expect(launched).toHaveLength(3);
    for (const { children } of launched) expect(children.length).toBeLessThanOrEqual(1_000);
    expect(inputs(launched)).toEqual(numbers(2_500));
    for (const child of numbers(2_500)) run.endChild(child, { output: child });
    expect(run.state.output).toEqual(numbers(2_500));
    expect(run.replay()).toEqual(run.state);
  });

  it('starts 10,000 children at a time at most', () => {
    const run = runOf({}, numbers(10_001));
    while (run.more) run.tell({ type: 'Wake' });
    run.launch();
    expect(run.mapRun().work.running).toBe(10_000);
    run.endChild(17);
    expect(inputs(run.launch())).toEqual([10_000]);
  });

  it('puts items together by count, and last what is left, beside what they all get', () => {
    const ItemBatcher = { MaxItemsPerBatch: 2, BatchInput: { 'day.$': '$.day' } };
    const run = runOf({ ItemsPath: '$.items', ItemBatcher }, { day: 1, items: ['a', 'b', 'c'] });
    const launched = run.launch();
    expect(inputs(launched)).toEqual([
      { BatchInput: { day: 1 }, Items: ['a', 'b'] },
      { BatchInput: { day: 1 }, Items: ['c'] },
    ]);
    expect(launched[0]?.children.map(({ itemCount }) => itemCount)).toEqual([2, 1]);
  });

  it('puts as many items together as fit, and one at least', () => {
    // {"Items":[1,2]} has 15 bytes.
    const run = runOf({ ItemBatcher: { MaxInputBytesPerBatch: 15 } }, [1, 2, 3, 'too long to fit in']);
    expect(inputs(run.launch())).toEqual([{ Items: [1, 2] }, { Items: [3] }, { Items: ['too long to fit in'] }]);
  });

  it('makes the input of a child of the item, its place and its origin', () => {
    const run = runOf(
      {
        ItemReader: {
          Resource: 'arn:aws:states:::s3:listObjectsV2',
          Parameters: { Bucket: 'b' },
        },
        ItemSelector: {
          'n.$': '$$.Map.Item.Index',
          'v.$': '$$.Map.Item.Value',
          's.$': '$$.Map.Item.Source',
          'all.$': '$.all',
        },
      },
      { all: true },
    );
    const origins = [
      { uri: 'S3://b/one', count: 1 },
      { uri: 'S3://b/two', count: 1 },
    ];
    run.succeed({ items: ['x', 'y'], origins }, run.request('readItems'));
    expect(inputs(run.launch())).toEqual([
      { n: 0, v: 'x', s: 'S3://b/one', all: true },
      { n: 1, v: 'y', s: 'S3://b/two', all: true },
    ]);
  });

  it('takes the entries of an object for items', () => {
    const run = runOf({}, { a: 1, b: 2 });
    expect(inputs(run.launch())).toEqual([
      { Key: 'a', Value: 1 },
      { Key: 'b', Value: 2 },
    ]);
    const selected = runOf({ ItemSelector: { 'k.$': '$$.Map.Item.Key' } }, { a: 1 });
    expect(inputs(selected.launch())).toEqual([{ k: 'a' }]);
  });

  it('keeps items once that are the inputs of their children', () => {
    const run = runOf({ ItemsPath: '$.items' }, { items: numbers(100).map((n) => `${n}`.repeat(500)) });
    run.launch();
    const text = encodeSnapshot(run.state);
    // The input of the execution, the input of the state, the items.
    expect(text.length).toBeLessThan(3.5 * JSON.stringify(run.state.input).length);
    expect(decodeSnapshot('x', text)).toEqual(run.state);
  });

  it('fails with its selector', () => {
    const run = runOf({ ItemSelector: { 'x.$': '$.missing' } }, [1]);
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.Runtime' } });
  });

  it('fails if its items cannot be read, and can be caught', () => {
    const ItemReader = { Resource: 'arn:aws:states:::s3:getObject', Parameters: { Bucket: 'b', Key: 'k' } };
    const Catch = [{ ErrorEquals: ['States.ItemReaderFailed'], Next: 'Caught' }];
    const failure = { error: 'States.ItemReaderFailed', cause: 'There is no such object.' };
    const run = runOf({ ItemReader: { ...ItemReader, ReaderConfig: { InputType: 'JSON' } } }, {});
    run.fail(failure, run.request('readItems'));
    expect(run.state).toMatchObject({ status: 'FAILED', failure });

    const caught = new Scenario(
      inOrder({
        M: map({ ItemReader: { ...ItemReader, ReaderConfig: { InputType: 'JSON' } }, Catch, Next: 'Caught' }),
        Caught: { Type: 'Pass' },
      }),
    );
    caught.fail(failure, caught.request('readItems'));
    expect(caught.state).toMatchObject({
      status: 'SUCCEEDED',
      output: { Error: failure.error, Cause: failure.cause },
    });
  });

  it('writes the results once all children are through, and gives what the writer answers', () => {
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b', Prefix: 'p' } };
    const run = runOf({ ResultWriter, ToleratedFailureCount: 1 }, [1, 2]);
    run.launch();
    run.endChild(0);
    expect(run.requests()).toEqual([]);
    run.endChild(1, broken);
    const request = run.request('writeResults');
    expect((request.input as unknown as WriteResults).children).toMatchObject([
      { status: 'SUCCEEDED', input: 1, output: 'out 0' },
      { status: 'FAILED', input: 2, failure: { error: 'E', cause: 'C' } },
    ]);
    run.succeed({ MapRunArn: 'x' }, request);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: { MapRunArn: 'x' } });
  });

  it('fails if its results cannot be written', () => {
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b', Prefix: 'p' } };
    const run = runOf({ ResultWriter }, []);
    run.fail({ error: 'States.ResultWriterFailed', cause: 'No.' }, run.request('writeResults'));
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.ResultWriterFailed' } });
  });
});

describe('Children that fail', () => {
  const exceeded = { status: 'FAILED', failure: { error: 'States.ExceedToleratedFailureThreshold' } };

  it.each([
    ['a number', { ToleratedFailureCount: 1 }, 1],
    ['a share', { ToleratedFailurePercentage: 50 }, 2],
    ['the lower of both', { ToleratedFailureCount: 1, ToleratedFailurePercentage: 50 }, 1],
    ['none', {}, 0],
  ])('are tolerated up to %s, and no more', (_what, fields, most) => {
    const run = runOf(fields, numbers(4));
    run.launch();
    for (const child of numbers(most)) run.endChild(child, broken);
    expect(run.state.status).toBe('RUNNING');
    run.endChild(most, broken);
    expect(run.state).toMatchObject(exceeded);
    expect(stopped(run)).toEqual(numbers(4).slice(most + 1));
    expect(run.state.owed).toHaveLength(most === 3 ? 0 : 1);

    const lucky = runOf(fields, numbers(4));
    lucky.launch();
    for (const child of numbers(4)) lucky.endChild(child, child < most ? broken : {});
    if (most > 0) lucky.succeed(['what is to say of each'], lucky.request('writeResults'));
    expect(lucky.state.status).toBe('SUCCEEDED');
  });

  it('are told of in the output, where they are tolerated', () => {
    const run = runOf({ ToleratedFailureCount: 1 }, ['a', 'b']);
    run.launch();
    run.endChild(0, broken);
    run.endChild(1);
    const asked = run.request('writeResults');
    const { target, children } = asked.input as unknown as WriteResults;
    expect(target).toEqual({ arguments: {}, transformation: 'COMPACT', outputType: 'JSON' });
    expect(children).toMatchObject([{ status: 'FAILED', failure: { error: 'E', cause: 'C' } }, { output: 'out 1' }]);
    run.succeed([{ Error: 'E' }, 'out 1'], asked);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: [{ Error: 'E' }, 'out 1'] });
    expect(run.replay()).toEqual(run.state);
  });

  it('fail the run only after the writer has told what became of all items', () => {
    const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b', Prefix: 'p' } };
    const run = runOf({ ResultWriter, MaxConcurrency: 2 }, ['a', 'b', 'c', 'd']);
    run.launch();
    run.endChild(0);
    const late = run.request('startChildren');
    run.endChild(1, broken);
    expect(run.state.status).toBe('RUNNING');
    expect(stopped(run)).toEqual([2]);
    expect(run.succeed(1, late)).toEqual([]);
    const asked = run.request('writeResults');
    const { children, pending } = asked.input as unknown as WriteResults;
    expect(children.map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED', 'ABORTED']);
    expect(pending).toEqual([
      { child: 2, input: 'c' },
      { child: 3, input: 'd' },
    ]);
    expect(run.endChild(2)).toEqual([]);
    run.succeed({ MapRunArn: 'x' }, asked);
    expect(run.state).toMatchObject(exceeded);
    expect(run.replay()).toEqual(run.state);
    run.redrive();
    expect(inputs(run.launch())).toEqual(['b', 'c']);
    run.endChild(1, { redrives: 1 });
    run.launch();
    run.endChild(2, { redrives: 1 });
    run.endChild(3);
    run.succeed({ MapRunArn: 'x' }, run.request('writeResults'));
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('are tolerated as a corrected definition says, once the run is redriven with it', () => {
    const run = runOf({ ToleratedFailureCount: 0 }, ['a', 'b', 'c']);
    run.launch();
    run.endChild(0, broken);
    expect(run.state).toMatchObject(exceeded);
    run.redrive(inOrder({ M: map({ ToleratedFailureCount: 2, MaxConcurrency: 7 }) }));
    expect(run.mapRun().work).toMatchObject({ maxConcurrency: 7, tolerated: { count: 2, percentage: 0 } });
    run.launch();
    run.endChild(0, { ...broken, redrives: 1 });
    expect(run.state.status).toBe('RUNNING');
    expect(run.replay()).toEqual(run.state);
  });

  it('count with all their items', () => {
    const run = runOf({ ItemBatcher: { MaxItemsPerBatch: 2 }, ToleratedFailureCount: 1 }, numbers(4));
    run.launch();
    run.endChild(0, broken);
    expect(run.state).toMatchObject(exceeded);
  });

  it('fail the Map, which begins another run if it is to be retried', () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 1 }];
    const run = runOf({ Retry }, [1, 2]);
    run.launch();
    const first = run.mapRun().work;
    const late = run.childEnd(1);
    run.endChild(0, broken);
    run.sleep();
    const second = run.mapRun().work;
    expect(second.run).not.toBe(first.run);
    expect(second.round).toBe(2);
    expect(run.tell(late)).toEqual([]);
    expect(inputs(run.launch())).toEqual([1, 2]);
    run.endChild(0);
    run.endChild(1);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: ['out 0', 'out 1'] });
  });

  it('fail the Map, which can be caught', () => {
    const Catch = [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: 'Caught' }];
    const run = new Scenario(inOrder({ M: map({ Catch, Next: 'Caught' }), Caught: { Type: 'Pass' } }), [1, 2]);
    run.launch();
    run.endChild(0, broken);
    expect(run.state.status).toBe('SUCCEEDED');
    expect(stopped(run)).toEqual([1]);
  });

  it('are told once: the same end again, an end of another life or of another child changes nothing', () => {
    const run = runOf({}, [1, 2]);
    run.launch();
    const end = run.childEnd(0);
    run.tell(end);
    for (const stale of [end, { ...end, ...broken }, { ...end, child: 1, redrives: 1 }, { ...end, child: 7 }]) {
      expect(run.tell(stale)).toEqual([]);
    }
    expect(run.tell({ ...end, child: 1, round: 2 })).toEqual([]);
    expect(run.tell({ ...end, child: 1, activation: 99 })).toEqual([]);
    expect(run.mapRun().work.running).toBe(1);
  });
});

describe('What ends a map run stops its children, and owes that until it has been told', () => {
  function atWork(fields: JsonObject = {}): Scenario {
    const run = new Scenario({ TimeoutSeconds: 60, ...inOrder({ M: map(fields) }) }, [1, 2, 3]);
    run.launch();
    run.endChild(0);
    return run;
  }

  it.each([
    ['a stop', (run: Scenario) => run.tell({ type: 'StopExecution' }), 'ABORTED'],
    ['a timeout', (run: Scenario) => run.sleep(), 'TIMED_OUT'],
  ])('%s', (_what, end, status) => {
    const run = atWork();
    end(run);
    expect(run.state.status).toBe(status);
    expect(stopped(run)).toEqual([1, 2]);
    expect(run.state.owed).toHaveLength(1);
    expect(run.replay()).toEqual(run.state);
    run.tell({ type: 'CancellationsDone', count: 1 });
    expect(run.state.owed).toEqual([]);
  });

  it('the failure of another branch', () => {
    const branches = [inOrder({ M: map() }), inOrder({ T: { Type: 'Task', Resource: LAMBDA } })];
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: branches } }), [1, 2]);
    run.launch();
    run.fail({ error: 'E' }, run.task('T'));
    expect(run.state.status).toBe('FAILED');
    expect(stopped(run)).toEqual([0, 1]);
    expect(run.state.owed).toHaveLength(1);
  });

  it('but not of those that the same decision asked for: nobody has heard of them', () => {
    const branches = [inOrder({ M: map() }), inOrder({ F: { Type: 'Fail', Error: 'E' } })];
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: branches } }), [1, 2]);
    expect(run.state).toMatchObject({ status: 'FAILED', owed: [] });
    expect(run.effects).toEqual([]);
  });

  it('also of those that are only being started', () => {
    const run = runOf({}, [1, 2]);
    const request = run.request('startChildren');
    run.tell({ type: 'StopExecution' });
    expect(stopped(run)).toEqual([0, 1]);
    expect(run.succeed(2, request)).toEqual([]);
  });
});

describe('A map run that is changed', () => {
  it('starts more children at a time, or fewer', () => {
    const run = runOf({ MaxConcurrency: 1 }, numbers(5));
    run.launch();
    run.tell({ type: 'UpdateMapRun', id: 'u1', run: run.mapRun().work.run, maxConcurrency: 3 });
    expect(inputs(run.launch())).toEqual([1, 2]);
    run.tell({ type: 'UpdateMapRun', id: 'u2', run: run.mapRun().work.run, maxConcurrency: 1 });
    run.endChild(0);
    run.endChild(1);
    expect(run.requests()).toEqual([]);
    run.endChild(2);
    expect(inputs(run.launch())).toEqual([3]);
  });

  it('tolerates more failures, or fails with those that it has', () => {
    const run = runOf({ ToleratedFailureCount: 1 }, numbers(5));
    run.launch();
    const { run: arn } = run.mapRun().work;
    run.tell({ type: 'UpdateMapRun', id: 'u1', run: arn, toleratedFailureCount: 2 });
    run.endChild(0, broken);
    run.endChild(1, broken);
    expect(run.state.status).toBe('RUNNING');
    run.tell({ type: 'UpdateMapRun', id: 'u2', run: arn, toleratedFailureCount: 1 });
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.ExceedToleratedFailureThreshold' } });
  });

  it('is another one: nothing happens', () => {
    const run = runOf({ MaxConcurrency: 1 }, numbers(5));
    expect(run.tell({ type: 'UpdateMapRun', id: 'u1', run: 'another', maxConcurrency: 3 })).toEqual([]);
  });
});

describe('A map run whose execution is redriven', () => {
  it('takes up the children that failed or were stopped, and keeps what succeeded', () => {
    const run = runOf({}, ['a', 'b', 'c']);
    run.launch();
    run.endChild(0);
    const late = run.childEnd(2);
    run.endChild(1, broken);
    expect(run.state.status).toBe('FAILED');
    run.redrive();
    const [again] = run.launch();
    expect(again?.children).toEqual([
      { child: 1, input: 'b', redrives: 1 },
      { child: 2, input: 'c', redrives: 1 },
    ]);
    expect(run.tell(late)).toEqual([]);
    run.endChild(1);
    run.endChild(2);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: ['out 0', 'out 1', 'out 2'] });
    expect(run.replay()).toEqual(run.state);
  });

  it('starts those too that had not begun', () => {
    const run = runOf({ MaxConcurrency: 1 }, ['a', 'b']);
    run.launch();
    run.endChild(0, broken);
    run.redrive();
    expect(inputs(run.launch())).toEqual(['a']);
    run.endChild(0);
    expect(inputs(run.launch())).toEqual(['b']);
  });
});
