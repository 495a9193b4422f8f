import { describe, expect, test } from 'vitest';
import type { EventStore } from '../../lib/ports/event-store.ts';
import { chain, type TestProcess, task, World } from './harness.ts';

const DAY_MS = 86_400_000;

/** A function that fails until it is told not to. */
function fragile() {
  const calls: unknown[] = [];
  const state = { broken: true };
  const handler = (input: unknown) => {
    calls.push(input);
    if (state.broken) throw new Error('It broke.');
    return 'done';
  };
  return { calls, state, handler };
}

async function failed(world: World, process: TestProcess, definition = chain('work', 1)): Promise<string> {
  const execution = await process.start(await world.register('w', definition), { n: 1 }, 'e');
  await process.run();
  expect((await process.state(execution)).status).toBe('FAILED');
  return execution;
}

describe('a redriven execution', () => {
  test('goes on where it failed, and not from its beginning', async () => {
    const work = fragile();
    const done: string[] = [];
    const world = new World({ handlers: { work: work.handler, first: () => void done.push('first') } });
    const process = world.process();
    const definition = { StartAt: 'A', States: { A: task('first', { Next: 'B' }), B: task('work') } };
    const execution = await failed(world, process, definition);
    work.state.broken = false;
    expect((await process.engine.redrive({ execution })).kind).toBe('redriven');
    const { items } = await world.stores.index.list({ status: 'RUNNING', limit: 10 });
    expect(items).toMatchObject([{ execution, redriven: { count: 1 } }]);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(done).toEqual(['first']);
    expect(work.calls).toHaveLength(2);
    const listed = await world.stores.index.list({ limit: 10 });
    expect(listed.items).toMatchObject([{ execution, status: 'SUCCEEDED', redriven: { count: 1 } }]);
  });

  test('is taken up by the next process if the one that redrove it died at once', async () => {
    const work = fragile();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(world, process);
    work.state.broken = false;
    await process.queue.stop();
    await process.engine.redrive({ execution });
    expect(await process.engine.stop(0)).toBe(0);
    const next = world.process();
    await next.recover();
    await next.run();
    expect((await next.state(execution)).status).toBe('SUCCEEDED');
    expect(work.calls).toHaveLength(2);
  });

  test('is redriven once by those who ask at the same time', async () => {
    const work = fragile();
    const world = new World({ exclusive: false, handlers: { work: work.handler } });
    const [one, other] = [world.process(), world.process()];
    const execution = await failed(world, one);
    work.state.broken = false;
    const outcomes = await Promise.all([one, other, one].map(({ engine }) => engine.redrive({ execution })));
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['notRedrivable', 'notRedrivable', 'redriven']);
    await one.run();
    expect(await one.state(execution)).toMatchObject({ status: 'SUCCEEDED', redriven: { count: 1 } });
    expect(work.calls).toHaveLength(2);
  });

  test('is redriven once by one who asks again with the same token, also after it has failed again', async () => {
    const work = fragile();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(world, process);
    const first = await process.engine.redrive({ execution, clientToken: 't' });
    await process.run();
    expect((await process.state(execution)).status).toBe('FAILED');
    const again = await process.engine.redrive({ execution, clientToken: 't' });
    expect([first.kind, again.kind]).toEqual(['redriven', 'repeated']);
    world.clock.advance(15 * 60_000);
    expect((await process.engine.redrive({ execution, clientToken: 't' })).kind).toBe('redriven');
  });

  test('is not hit by a stop that came after its first end, but by one of its own', async () => {
    const world = new World({ handlers: { work: () => new Promise(() => {}) } });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('work', 1)), {}, 'e');
    await process.engine.deliver(execution, { type: 'StopExecution' });
    await process.run();
    await process.queue.stop();
    await process.engine.deliver(execution, { type: 'StopExecution', error: 'Late' });
    const next = world.process();
    await next.engine.redrive({ execution });
    await next.run();
    expect((await next.state(execution)).status).toBe('RUNNING');
    await next.engine.deliver(execution, { type: 'StopExecution', error: 'Own', redriveCount: 1 });
    await next.run();
    expect(await next.state(execution)).toMatchObject({ status: 'ABORTED', failure: { error: 'Own' } });
  });

  test('runs also if its message came to a turn that was just about to end with its first life', async () => {
    const work = fragile();
    let whenFailed = async (_execution: string) => {};
    const log = (events: EventStore): EventStore => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: async (commit) => {
        const outcome = await events.append(commit);
        if (commit.row?.status === 'FAILED') await whenFailed(commit.execution);
        return outcome;
      },
    });
    const world = new World({ exclusive: false, handlers: { work: work.handler }, log });
    const [one, other] = [world.process(), world.process()];
    await other.queue.stop();
    whenFailed = async (execution) => {
      work.state.broken = false;
      await other.engine.redrive({ execution });
      await one.engine.turn(execution);
    };
    const execution = await one.start(await world.register('w', chain('work', 1)), {}, 'e');
    await one.run();
    expect(await one.state(execution)).toMatchObject({ status: 'SUCCEEDED', redriven: { count: 1 } });
    expect(work.calls).toHaveLength(2);
  });

  test('goes on with a changed definition, and its log can be read at any point of it', async () => {
    const work = fragile();
    const other = () => 'other';
    const world = new World({ handlers: { work: work.handler, other } });
    const engine = world.process();
    const before = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: task('work') } };
    const execution = await failed(world, engine, before);
    const after = { StartAt: 'B', States: { B: task('other', { Next: 'C' }), C: { Type: 'Pass', End: true } } };
    const { id } = (await engine.state(execution)).identity.workflow;
    const revision = { revision: '2', roleArn: 'arn:aws:iam::123456789012:role/new' };
    const definition = JSON.stringify(after);
    await engine.engine.workflows.addRevision(id, { ...revision, definition, createdAt: 0 });
    await engine.engine.redrive({ execution, revision });
    await engine.run();
    expect(await engine.state(execution)).toMatchObject({
      status: 'SUCCEEDED',
      output: 'other',
      identity: { workflow: revision },
    });
    const reader = await world.process().states.histories.take(execution, 0);
    const types: string[] = [];
    for (let event = await reader.next(); event !== undefined; event = await reader.next()) types.push(event.type);
    expect(types.slice(types.indexOf('ExecutionRedriven'))).toEqual([
      'ExecutionRedriven',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('is refused with a definition that has no place for what is open', async () => {
    const world = new World({ handlers: { work: fragile().handler } });
    const process = world.process();
    const execution = await failed(world, process);
    const { id } = (await process.state(execution)).identity.workflow;
    const definition = JSON.stringify({ StartAt: 'X', States: { X: { Type: 'Succeed' } } });
    const revision = { revision: '2', roleArn: 'r' };
    await process.engine.workflows.addRevision(id, { ...revision, definition, createdAt: 0 });
    expect(await process.engine.redrive({ execution, revision })).toEqual({
      kind: 'mismatch',
      problems: ['State "S0" is open and not in the new definition, or not in the same place.'],
    });
    expect((await process.state(execution)).status).toBe('FAILED');
  });

  test('keeps what comes after it as long as what came before, also if the new definition gives it less time', async () => {
    const work = fragile();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(world, process);
    const { id } = (await process.state(execution)).identity.workflow;
    const revision = { revision: '2', roleArn: 'r' };
    const definition = JSON.stringify({ StartAt: 'S0', TimeoutSeconds: 60, States: { S0: task('work') } });
    await process.engine.workflows.addRevision(id, { ...revision, definition, createdAt: 0 });
    work.state.broken = false;
    expect((await process.engine.redrive({ execution, revision })).kind).toBe('redriven');
    await process.run();
    const log = await world.stores.events.load(execution);
    const expiries = log.map(({ expiresAt }) => expiresAt ?? 0);
    expect(log.at(-1)?.row?.status).toBe('SUCCEEDED');
    expect(expiries).toEqual(expiries.toSorted((a, b) => a - b));
  });

  test('can be redriven where a snapshot stands in the commit of its end, or before it', async () => {
    const work = fragile();
    const large = 'x'.repeat(20_000);
    const world = new World({ handlers: { work: work.handler, fill: () => large } });
    const process = world.process();
    for (const [name, length] of [
      ['one', 1],
      ['two', 2],
      ['five', 5],
    ] as const) {
      const fill = Object.fromEntries(
        Array.from({ length }, (_, i) => [`F${i}`, task('fill', { Next: i === length - 1 ? 'B' : `F${i + 1}` })]),
      );
      const workflow = await world.register(name, { StartAt: 'F0', States: { ...fill, B: task('work') } });
      work.state.broken = true;
      const execution = await process.start(workflow, {}, 'e');
      await process.run();
      for (const count of [1, 2]) {
        await process.engine.redrive({ execution });
        await process.run();
        expect(await process.state(execution)).toMatchObject({ status: 'FAILED', redriven: { count } });
      }
      work.state.broken = false;
      await process.engine.redrive({ execution });
      await process.run();
      expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', redriven: { count: 3 } });
    }
  });

  test('is redriven within two weeks, or as long as the request allows', async () => {
    const world = new World({ handlers: { work: fragile().handler } });
    const process = world.process();
    const execution = await failed(world, process);
    world.clock.advance(15 * DAY_MS);
    expect(await process.engine.redrive({ execution })).toEqual({
      kind: 'notRedrivable',
      reason: 'Execution redrivable period exceeded',
    });
    expect((await process.engine.redrive({ execution, periodMs: 30 * DAY_MS })).kind).toBe('redriven');
  });
});
