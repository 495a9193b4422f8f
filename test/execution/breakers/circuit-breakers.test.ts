import { describe, expect, it } from 'vitest';
import { readBreakerPolicy } from '../../../lib/resilience/breaker-policy.ts';
import { task } from '../harness.ts';
import { BreakerWorld, type BreakerWorldOptions, counted } from './shared-world.ts';

const target = 'arn:aws:lambda:eu-central-1:123456789012:function:work';
const once = { StartAt: 'Work', States: { Work: task('work') } };
const policy = { minimumCalls: 4, openSeconds: 30, probes: 2, successesToClose: 3 };

/** A function that works, fails or hangs, as it is told. */
class Work {
  does: 'work' | 'fail' | 'hang' = 'work';
  calls = 0;
  underWay = 0;
  mostUnderWay = 0;
  readonly hanging: (() => void)[] = [];
  readonly handlers = {
    work: async () => {
      this.calls += 1;
      this.underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
      try {
        if (this.does === 'fail') throw new Error('Out of order.');
        if (this.does === 'hang') await new Promise<void>((resolve) => void this.hanging.push(resolve));
        return 'done';
      } finally {
        this.underWay -= 1;
      }
    },
  };
}

function worldOf(work: Work, options: Partial<BreakerWorldOptions> = {}) {
  return new BreakerWorld({ handlers: work.handlers, policies: { [target]: policy }, ...options });
}

describe('a breaker that several processes share', () => {
  it('opens by the failures of all of them, stops the calls of all, and closes for all', async () => {
    const work = new Work();
    const world = worldOf(work, { exclusive: false });
    const [first, second] = [world.process(), world.process()];
    const workflow = await world.register('once', once);
    work.does = 'fail';
    for (const process of [first, second, first]) {
      await process.start(workflow, {});
      await process.run(2_000);
    }
    await second.start(workflow, {});
    await second.run(2_000);
    expect(work.calls).toBe(4);
    await world.clock.run({ until: world.clock.now() + 3_000 });
    const stopped = [await first.start(workflow, {}), await second.start(workflow, {})];
    await second.run(1_000);
    expect(work.calls).toBe(4);
    for (const execution of stopped) {
      const { failure } = await first.state(execution);
      expect(failure?.error).toBe('Knhk.CircuitOpen');
      expect(failure?.cause).toMatch(/^No call was made: the circuit breaker of arn:.* is open since 2026-.*Z until /);
    }
    work.does = 'work';
    await first.run(30_000);
    for (const process of [first, second, first, second]) {
      await process.start(workflow, {});
      await process.run(500);
    }
    expect(work.calls).toBe(8);
    expect((await world.breakers[0]?.records.read(target))?.state.kind).toBe('closed');
    const transitions = ['open', 'halfOpen', 'closed'].map(
      (to) => `knhk_breaker_transitions_total ${JSON.stringify({ to, target })}`,
    );
    expect(world.counts).toEqual(transitions);
    expect(world.lines.map(({ code }) => code)).toEqual([
      'Knhk.BreakerOpened',
      'Knhk.BreakerHalfOpen',
      'Knhk.BreakerClosed',
    ]);
  });

  it('lets no more calls try it at a time than its policy says, over all processes', async () => {
    const work = new Work();
    const world = worldOf(work, { exclusive: false });
    const processes = [world.process(), world.process(), world.process()];
    const workflow = await world.register('once', once);
    work.does = 'fail';
    for (let call = 0; call < 5; call += 1) {
      await processes[0]?.start(workflow, {});
      await processes[0]?.run(1_000);
    }
    const before = work.calls;
    work.does = 'hang';
    await world.clock.run({ until: world.clock.now() + 31_000 });
    await Promise.all(processes.flatMap((process) => [1, 2, 3].map(() => process.start(workflow, {}))));
    await world.clock.run({ until: world.clock.now() + 1_000 });
    expect(work.calls - before).toBe(2);
    expect(work.underWay).toBe(2);
  });

  it('gives the place of a call to another one when its process has died', async () => {
    const work = new Work();
    const world = worldOf(work, { policies: { [target]: { ...policy, probes: 1, probeSeconds: 20 } } });
    const [first, second] = [world.process(), world.process()];
    const workflow = await world.register('once', once);
    work.does = 'fail';
    for (let call = 0; call < 4; call += 1) {
      await first.start(workflow, {});
      await first.run(1_000);
    }
    work.does = 'hang';
    await first.run(31_000);
    await first.start(workflow, {});
    await first.run(1_000);
    void first.engine.stop(0);
    await world.clock.run({ until: world.clock.now() + 10_000 });
    const refused = await second.start(workflow, {});
    await world.clock.run({ until: world.clock.now() + 11_000 });
    expect((await second.state(refused)).failure?.error).toBe('Knhk.CircuitOpen');
    work.does = 'work';
    const tried = await second.start(workflow, {});
    await world.clock.run({ until: world.clock.now() + 1_000 });
    expect(await second.state(tried)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('an open breaker that parks', () => {
  it('calls every task once the target works again, not all at the same time', async () => {
    const work = new Work();
    const parking = { ...policy, whenOpen: 'park', openSeconds: 20 };
    const world = worldOf(work, { policies: { [target]: parking }, freshForMs: 0 });
    const process = world.process();
    const workflow = await world.register('once', once);
    work.does = 'fail';
    for (let call = 0; call < 4; call += 1) {
      await process.start(workflow, {});
      await process.run(500);
    }
    const parked = await Promise.all(Array.from({ length: 40 }, () => process.start(workflow, {})));
    await process.run(5_000);
    expect(work.calls).toBe(4);
    // The first that try it fail: it opens once more.
    await process.run(30_000);
    work.does = 'work';
    work.mostUnderWay = 0;
    await process.run(150_000);
    const states = await Promise.all(parked.map((execution) => process.state(execution)));
    const statuses = states.map(({ status }) => status);
    expect(statuses.filter((status) => status === 'SUCCEEDED').length).toBeGreaterThanOrEqual(38);
    expect(statuses).not.toContain('RUNNING');
    expect(states.map(({ failure }) => failure?.error)).not.toContain('Knhk.CircuitOpen');
    expect(work.mostUnderWay).toBeLessThan(10);
  });

  it('lets go of them soon after an operator has reset it', async () => {
    const work = new Work();
    const world = worldOf(work, { policies: { [target]: { whenOpen: 'park', openSeconds: 3_600 } }, freshForMs: 0 });
    const process = world.process();
    const workflow = await world.register('once', once);
    const { records } = world.breakers[0] ?? expect.fail();
    await records.change(target, () => ({ state: { kind: 'open', since: 0 } }));
    const execution = await process.start(workflow, {});
    await process.run(60_000);
    expect(work.calls).toBe(0);
    await records.change(target, () => ({ state: { kind: 'closed', since: 0, buckets: [] } }));
    await process.run(120_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a breaker', () => {
  it('takes a task that timed out for a failure, also where nobody heeds the signal', async () => {
    const work = new Work();
    work.does = 'hang';
    const world = worldOf(work, { freshForMs: 0 });
    const process = world.process();
    const definition = { StartAt: 'Work', States: { Work: task('work', { TimeoutSeconds: 5, End: true }) } };
    const workflow = await world.register('once', definition);
    for (let call = 0; call < 4; call += 1) {
      await process.start(workflow, {});
      await process.run(6_000);
    }
    expect((await world.breakers[0]?.records.read(target))?.transitions).toMatchObject([
      { to: 'open', why: '4 of 4 calls within 60 s failed' },
    ]);
  });

  it('is no hindrance where it cannot be read or written', async () => {
    const work = new Work();
    const broken = () => Promise.reject(new Error('The store is away.'));
    const world = worldOf(work, { store: () => ({ get: broken, put: broken, delete: broken, list: broken }) });
    const process = world.process();
    const execution = await process.start(await world.register('once', once), {});
    await process.run(1_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.lines.map(({ code }) => code)).toContain('Knhk.BreakerUnreadable');
  });

  it('costs no write, and a read every few seconds, while its target works; nothing where it has no policy', async () => {
    const work = new Work();
    const stores: ReturnType<typeof counted>[] = [];
    const spy = (store: Parameters<typeof counted>[0]) => {
      const one = counted(store);
      stores.push(one);
      return one.store;
    };
    for (const policies of [{ [target]: policy }, {}]) {
      const world = worldOf(work, { policies, store: spy });
      const process = world.process();
      const workflow = await world.register('once', once);
      for (let call = 0; call < 100; call += 1) {
        await process.start(workflow, {});
        await process.run(100);
      }
    }
    const [guarded, plain] = stores.map(({ counts }) => counts);
    expect(guarded).toEqual({ 'list breakerPolicies': 4, 'get breakers': 4 });
    expect(plain).toEqual({ 'list breakerPolicies': 4 });
  });

  it('tells of successes while there is trouble, and no longer', async () => {
    const work = new Work();
    const world = worldOf(work, { freshForMs: 0, policies: { [target]: { ...policy, windowSeconds: 20 } } });
    const process = world.process();
    const workflow = await world.register('once', once);
    const calls = async (count: number) => {
      for (let call = 0; call < count; call += 1) {
        await process.start(workflow, {});
        await process.run(1_000);
      }
    };
    await calls(3);
    const { records } = world.breakers[0] ?? expect.fail();
    expect(await records.read(target)).toBeUndefined();
    work.does = 'fail';
    await calls(1);
    expect(await records.read(target)).toMatchObject({ state: { kind: 'closed' } });
    work.does = 'work';
    await calls(12);
    const { state } = (await records.read(target)) ?? {};
    const counts = state?.kind === 'closed' ? state.buckets.reduce((sum, bucket) => sum + bucket.calls, 0) : 0;
    expect(counts).toBeGreaterThan(10);
    await calls(15);
    const quiet = await records.read(target);
    await calls(10);
    expect(await records.read(target)).toEqual(quiet);
  });

  it('obeys a policy and an order that came while its process stood still, with the first call', async () => {
    const work = new Work();
    const world = worldOf(work, { policies: {} });
    const [first] = [world.process(), world.process()];
    const workflow = await world.register('once', once);
    await first.start(workflow, {});
    await first.run(1_000);
    const { policies, records } = world.breakers[1] ?? expect.fail();
    await policies.put(target, readBreakerPolicy({}));
    await records.change(target, () => ({ state: { kind: 'open', since: 0 } }));
    await first.run(60_000);
    const execution = await first.start(workflow, {});
    await first.run(1_000);
    expect((await first.state(execution)).failure?.error).toBe('Knhk.CircuitOpen');
    expect(work.calls).toBe(1);
  });

  it('obeys a policy that is set while calls are made, within a few seconds', async () => {
    const work = new Work();
    const world = worldOf(work, { policies: {} });
    const [first, second] = [world.process(), world.process()];
    const workflow = await world.register('once', once);
    work.does = 'fail';
    await first.start(workflow, {});
    await first.run(1_000);
    await world.breakers[1]?.policies.put('*', readBreakerPolicy({ minimumCalls: 1 }));
    for (let call = 0; call < 8; call += 1) {
      await first.start(workflow, {});
      await first.run(1_000);
    }
    expect(work.calls).toBeGreaterThan(2);
    expect(work.calls).toBeLessThan(9);
    await second.start(workflow, {});
    await second.run(1_000);
    expect((await world.breakers[1]?.records.recent(target))?.state.kind).toBe('open');
  });
});
