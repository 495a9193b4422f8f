import { describe, expect, it } from 'vitest';
import type { AcquirePermits, ReleasePermits } from '../../lib/model/effect.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import { WHOLE_EXECUTION, waitingPermits } from '../../lib/model/permits.ts';
import { decodeSnapshot, encodeSnapshot } from '../../lib/state/snapshot.ts';
import { identity, inOrder, LAMBDA, type LimitedBy, Scenario } from './scenario.ts';

const task = (fields: JsonObject = {}): JsonObject => ({ Type: 'Task', Resource: LAMBDA, ...fields });
const broken = { error: 'Broken', cause: 'It broke.' };

function limited(definition: JsonObject, by: LimitedBy, input: Json = {}): Scenario {
  return new Scenario(definition, input, identity, by);
}

const gpu: LimitedBy = { pools: ['gpu'] };

function waiting(run: Scenario): readonly (readonly [string | undefined, readonly string[]])[] {
  return waitingPermits(run.state).map(({ state, pools }) => [state, pools]);
}

function grant(run: Scenario, state?: string): AcquirePermits {
  const [request] = waitingPermits(run.state).filter((permit) => state === undefined || permit.state === state);
  if (request === undefined) throw new Error('Nothing waits for permits.');
  const { activation, attempt } = request;
  run.tell({ type: 'PermitsGranted', activation, attempt });
  return request;
}

function released(run: Scenario): readonly Omit<ReleasePermits, 'type'>[] {
  return run.effects.flatMap(({ type, ...effect }) => (type === 'ReleasePermits' ? [effect as ReleasePermits] : []));
}

describe('A state that names a pool', () => {
  const work = inOrder({ Work: task({ Pool: 'gpu' }), Done: { Type: 'Pass' } });

  it('waits for a permit, works, and gives it back when it is left', () => {
    const run = limited(work, gpu);
    expect(run.tasks()).toEqual([]);
    expect(waiting(run)).toEqual([['Work', ['gpu']]]);
    run.now += 5_000;
    const { activation, attempt } = grant(run);
    expect(waiting(run)).toEqual([]);
    expect(released(run)).toEqual([]);
    run.succeed('done', run.task());
    expect(released(run)).toMatchObject([{ activation, attempt, pools: ['gpu'] }]);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(run.outline().slice(1, 6)).toEqual([
      '2<0 TaskStateEntered',
      '3<2 PermitsRequested',
      '4<3 PermitsGranted',
      '5<4 LambdaFunctionScheduled',
      '6<5 LambdaFunctionStarted',
    ]);
    expect(run.history()[2]).toMatchObject({ permitsRequestedEventDetails: { name: 'Work', pools: ['gpu'] } });
    expect(run.state.historyLength).toBe(run.history().length);
    expect(run.replay()).toEqual(run.state);
  });

  it('waits for nothing where the pool has no limit', () => {
    for (const run of [new Scenario(work), limited(work, { pools: ['cpu'] })]) {
      expect(run.task()).toMatchObject({ state: 'Work' });
      expect(run.state).not.toHaveProperty('permits');
    }
  });

  it('takes a grant once, and only for the attempt that waits', () => {
    const run = limited(work, gpu);
    const { activation, attempt } = grant(run);
    expect(run.tell({ type: 'PermitsGranted', activation, attempt })).toEqual([]);
    expect(run.tell({ type: 'PermitsGranted', activation, attempt: attempt + 1 })).toEqual([]);
    expect(run.tell({ type: 'PermitsGranted', activation: 99, attempt })).toEqual([]);
    expect(run.tasks()).toHaveLength(1);
  });

  it('holds none while it waits for its next attempt, and asks again', () => {
    const retrying = inOrder({
      Work: task({ Pool: 'gpu', Retry: [{ ErrorEquals: ['Broken'], IntervalSeconds: 3 }] }),
    });
    const run = limited(retrying, gpu);
    const first = grant(run);
    run.fail(broken, run.task());
    expect(released(run)).toMatchObject([{ activation: first.activation, attempt: 1, pools: ['gpu'] }]);
    expect(waiting(run)).toEqual([]);
    run.sleep();
    const second = grant(run);
    expect(second).toMatchObject({ activation: first.activation, attempt: 2 });
    expect(second.ticket).not.toBe(first.ticket);
    run.succeed('done', run.task());
    expect(released(run)).toHaveLength(2);
    expect(run.state.status).toBe('SUCCEEDED');
    expect(run.replay()).toEqual(run.state);
  });

  it('gives it back whatever becomes of it: caught, stopped, timed out, withdrawn while it waits', () => {
    const caught = limited(
      inOrder({
        Work: task({ Pool: 'gpu', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }] }),
        End: { Type: 'Pass' },
      }),
      gpu,
    );
    grant(caught);
    caught.fail(broken, caught.task());
    expect([caught.state.status, released(caught).length]).toEqual(['SUCCEEDED', 1]);

    const stopped = limited(work, gpu);
    grant(stopped);
    stopped.tell({ type: 'StopExecution' });
    expect([stopped.state.status, released(stopped).length]).toEqual(['ABORTED', 1]);

    const late = limited({ ...work, TimeoutSeconds: 60 }, gpu);
    late.sleep();
    expect([late.state.status, released(late).length]).toEqual(['TIMED_OUT', 1]);

    const branches = inOrder({
      Both: { Type: 'Parallel', Branches: [inOrder({ A: task({ Pool: 'gpu' }) }), inOrder({ B: task() })] },
    });
    const withdrawn = limited(branches, gpu);
    expect(waiting(withdrawn)).toEqual([['A', ['gpu']]]);
    withdrawn.fail(broken, withdrawn.task('B'));
    expect([withdrawn.state.status, released(withdrawn).length]).toEqual(['FAILED', 1]);
    for (const run of [caught, stopped, late, withdrawn]) {
      expect(run.state.permits?.size ?? 0).toBe(0);
      expect(run.replay()).toEqual(run.state);
    }
  });

  it('may be of any type: a Wait, a Parallel for as long as its branches run', () => {
    const wait = limited(inOrder({ Pause: { Type: 'Wait', Seconds: 10, Pool: 'gpu' } }), gpu);
    wait.now += 60_000;
    wait.tell({ type: 'Wake' });
    expect(waiting(wait)).toHaveLength(1);
    grant(wait);
    expect(wait.state.status).toBe('RUNNING');
    wait.sleep();
    expect([wait.state.status, released(wait).length]).toEqual(['SUCCEEDED', 1]);

    const parallel = inOrder({ Both: { Type: 'Parallel', Pool: 'gpu', Branches: [inOrder({ A: task() })] } });
    const run = limited(parallel, gpu);
    expect(run.tasks()).toEqual([]);
    grant(run);
    expect(released(run)).toEqual([]);
    run.succeed('a', run.task('A'));
    expect([run.state.status, released(run).length]).toEqual(['SUCCEEDED', 1]);
  });

  it('is asked for by each item of a Map, in their order', () => {
    const map = inOrder({
      All: { Type: 'Map', ItemsPath: '$', ItemProcessor: inOrder({ Each: task({ Pool: 'gpu' }) }) },
    });
    const run = limited(map, gpu, [1, 2, 3]);
    expect(waitingPermits(run.state).map(({ ticket }) => ticket)).toEqual(['ticket-1', 'ticket-2', 'ticket-3']);
    for (const n of [1, 2, 3]) {
      grant(run);
      run.succeed(n, run.task());
    }
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3] });
    expect(released(run)).toHaveLength(3);
  });
});

describe('A task whose resource is limited', () => {
  it('needs a permit of what it calls, and of its own pool', () => {
    const pools = ['gpu', `resource:${LAMBDA}`];
    const run = limited(inOrder({ Work: task({ Pool: 'gpu' }), Other: { Type: 'Pass' } }), { pools });
    expect(waiting(run)).toEqual([['Work', pools]]);
    grant(run);
    run.succeed('done', run.task());
    expect(released(run)).toMatchObject([{ pools }]);
  });

  it('is known by what it was about to call', () => {
    const invoke = task({
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { 'FunctionName.$': '$.f', Payload: {} },
    });
    const pools = [`resource:${LAMBDA}`];
    expect(waiting(limited(inOrder({ A: invoke }), { pools }, { f: `${LAMBDA}:7` }))).toEqual([['A', pools]]);
    expect(waiting(limited(inOrder({ A: invoke }), { pools }, { f: 'other' }))).toEqual([]);
  });
});

describe('An execution that needs permits of its own', () => {
  const by: LimitedBy = { pools: ['workflow:shop', 'tenant:acme'], own: ['tenant:acme', 'workflow:shop'] };
  const shop = inOrder({ First: { Type: 'Pass' }, Work: task() });

  it('starts nothing before it has them, and gives them back at its end', () => {
    const run = limited(shop, by);
    run.tell({ type: 'Wake' });
    expect(run.events.map(({ type }) => type)).toEqual(['ExecutionStarted', 'PermitsRequested']);
    expect(waiting(run)).toEqual([[undefined, by.own]]);
    expect(grant(run)).toMatchObject({ activation: WHOLE_EXECUTION, attempt: 0 });
    run.succeed('done', run.task());
    expect(run.state.status).toBe('SUCCEEDED');
    expect(released(run)).toMatchObject([{ activation: WHOLE_EXECUTION, attempt: 0, pools: by.own }]);
    expect(run.outline().slice(0, 4)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 PermitsRequested',
      '3<0 PermitsGranted',
      '4<0 PassStateEntered',
    ]);
    expect(run.replay()).toEqual(run.state);
  });

  it('can be stopped, and times out, while it waits', () => {
    const stopped = limited(shop, by);
    stopped.tell({ type: 'StopExecution' });
    const late = limited({ ...shop, TimeoutSeconds: 5 }, by);
    late.sleep();
    expect([stopped.state.status, late.state.status]).toEqual(['ABORTED', 'TIMED_OUT']);
    expect([released(stopped).length, released(late).length]).toEqual([1, 1]);
  });
});

it('What is granted its permits while the execution is suspended begins when that is resumed', () => {
  const run = limited(inOrder({ Work: task({ Pool: 'gpu' }) }), gpu);
  run.suspend();
  grant(run, 'Work');
  expect(run.tasks()).toEqual([]);
  expect(waiting(run)).toEqual([]);
  run.resume();
  run.succeed('done', run.task());
  expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  expect(run.replay()).toEqual(run.state);
});

it('A snapshot has what is held and what waits', () => {
  const run = limited(
    inOrder({
      Both: { Type: 'Parallel', Branches: ['A', 'B'].map((name) => inOrder({ [name]: task({ Pool: 'gpu' }) })) },
    }),
    gpu,
  );
  grant(run, 'A');
  const again = decodeSnapshot(identity.id, encodeSnapshot(run.state));
  expect(again).toEqual(run.state);
  expect(waitingPermits(again).map(({ state }) => state)).toEqual(['B']);
});
