import { describe, expect, it } from 'vitest';
import type { TaskAssignment } from '../../lib/model/effect.ts';
import type { TaskInvoker, TaskOutcome } from '../../lib/ports/task-invoker.ts';
import { World } from './harness.ts';

/** A service whose jobs end by themselves after a while. */
class Jobs implements TaskInvoker {
  readonly calls: string[] = [];
  readonly #world: () => World;
  readonly #endsAfterMs: number;

  constructor(world: () => World, endsAfterMs: number) {
    this.#world = world;
    this.#endsAfterMs = endsAfterMs;
  }

  async invoke(task: TaskAssignment): Promise<TaskOutcome> {
    const now = this.#world().clock.now();
    if (task.submitted === undefined) {
      this.calls.push('start');
      return { kind: 'submitted', output: { id: 'job-1', startedAt: now }, askAfterMs: 1_000 };
    }
    this.calls.push('ask');
    expect(task.submitted).toMatchObject({ id: 'job-1' });
    if (now - task.scheduledAt >= this.#endsAfterMs) return { kind: 'succeeded', output: 'built' };
    return { kind: 'submitted', output: task.submitted, askAfterMs: 10_000 };
  }

  async cancel(task: TaskAssignment): Promise<void> {
    this.calls.push(task.submitted === undefined ? 'cancel' : 'stop');
  }
}

const definition = {
  StartAt: 'Build',
  States: {
    Build: {
      Type: 'Task',
      Resource: 'arn:aws:states:::codebuild:startBuild.sync',
      Parameters: { ProjectName: 'shop' },
      TimeoutSeconds: 600,
      End: true,
    },
  },
};

function worldOf(endsAfterMs: number, exclusive = true) {
  const world: World = new World({ services: new Jobs(() => world, endsAfterMs), exclusive });
  return world;
}

function callsOf(world: World): readonly string[] {
  return (world.services as Jobs).calls;
}

describe('a job that .sync waits for', () => {
  it('is started once, and asked after until it has ended', async () => {
    const world = worldOf(25_000);
    const process = world.process();
    const execution = await process.start(await world.register('build', definition), {});
    await process.run(60_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'built' });
    expect(callsOf(world)).toEqual(['start', 'ask', 'ask', 'ask', 'ask']);
  });

  it('costs nothing in the log while it runs', async () => {
    const world = worldOf(300_000);
    const process = world.process();
    const execution = await process.start(await world.register('build', definition), {});
    await process.run(2_000);
    const { number } = (await process.states.load(execution)) ?? {};
    await process.run(100_000);
    expect(callsOf(world).length).toBeGreaterThan(8);
    expect((await process.states.load(execution))?.number).toBe(number);
  });

  it('is found again by another process, and not started twice', async () => {
    const world = worldOf(50_000);
    const first = world.process();
    const execution = await first.start(await world.register('build', definition), {});
    await first.run(5_000);
    await first.engine.stop(0);
    const second = world.process();
    await second.recover();
    await second.run(120_000);
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'built' });
    expect(callsOf(world).filter((call) => call === 'start')).toEqual(['start']);
  });

  it('takes no lease to be asked after', async () => {
    const world = worldOf(300_000, false);
    const process = world.process();
    const execution = await process.start(await world.register('build', definition), {});
    await process.run(60_000);
    expect(callsOf(world).length).toBeGreaterThan(4);
    expect((await process.states.load(execution))?.lease).toBeUndefined();
  });

  it('is stopped when its task times out', async () => {
    const world = worldOf(Number.POSITIVE_INFINITY);
    const process = world.process();
    const execution = await process.start(await world.register('build', definition), {});
    await process.run(700_000);
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED', failure: { error: 'States.Timeout' } });
    expect(callsOf(world).at(-1)).toBe('stop');
  });

  it('is stopped with its execution', async () => {
    const world = worldOf(Number.POSITIVE_INFINITY);
    const process = world.process();
    const execution = await process.start(await world.register('build', definition), {});
    await process.run(5_000);
    await process.engine.deliver(execution, { type: 'StopExecution' });
    await process.run(5_000);
    expect(await process.state(execution)).toMatchObject({ status: 'ABORTED' });
    expect(callsOf(world).at(-1)).toBe('stop');
  });
});
