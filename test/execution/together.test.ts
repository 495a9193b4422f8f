import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import type { TaskInvoker } from '../../lib/ports/task-invoker.ts';
import { task, World } from './harness.ts';

/** Lets nobody pass before all have come: who comes one after another waits for ever. */
class Barrier {
  come = 0;
  /** Commits in the log when the last one came. */
  commits: number | undefined;
  #open: () => void = () => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  readonly #all: number;

  constructor(all: number) {
    this.#all = all;
  }

  async pass(commits: number): Promise<void> {
    this.come += 1;
    if (this.come === this.#all) {
      this.commits = commits;
      this.#open();
    }
    await this.#opened;
  }
}

const branch = (name: string): Json => ({ StartAt: name, States: { [name]: task('meet') } });

const definitions: Readonly<Record<string, Json>> = {
  'branches of a Parallel': {
    StartAt: 'P',
    States: { P: { Type: 'Parallel', Branches: ['A', 'B', 'C', 'D'].map(branch), End: true } },
  },
  'items of a Map': {
    StartAt: 'M',
    States: { M: { Type: 'Map', ItemProcessor: branch('One'), End: true } },
  },
  'the ways of an AND-split': {
    StartAt: 'Split',
    States: {
      Split: { Type: 'Pass', Next: ['A', 'B', 'C', 'D'] },
      ...Object.fromEntries(['A', 'B', 'C', 'D'].map((name) => [name, task('meet', { Next: 'Join' })])),
      Join: { Type: 'Pass', Join: 'all', End: true },
    },
  },
};

describe('what one decision calls for', () => {
  it.each(Object.entries(definitions))('starts together, behind one commit: %s', async (_name, definition) => {
    const barrier = new Barrier(4);
    let commits = 0;
    const meet = async () => {
      await barrier.pass(commits);
      return 'met';
    };
    const world = new World({
      handlers: { meet },
      log: (events) => ({
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: (commit) => {
          commits += 1;
          return events.append(commit);
        },
      }),
    });
    const process = world.process();
    const execution = await process.start(await world.register('together', definition), [1, 2, 3, 4]);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(barrier).toMatchObject({ come: 4, commits: 1 });
  });

  it('is cancelled together: jobs of the branches beside one that fails', async () => {
    const barrier = new Barrier(3);
    const services: TaskInvoker = {
      invoke: async () => ({ kind: 'submitted', output: { Build: { Id: 'b' } }, askAfterMs: 1_000_000 }),
      cancel: () => barrier.pass(0),
    };
    const job = (name: string): Json => ({
      StartAt: name,
      States: { [name]: { Type: 'Task', Resource: 'arn:aws:states:::codebuild:startBuild.sync', End: true } },
    });
    const failing = { StartAt: 'Late', States: { Late: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: { Type: 'Fail' } } };
    const world = new World({ services });
    const process = world.process();
    const Branches = [job('A'), job('B'), job('C'), failing];
    const workflow = await world.register('jobs', {
      StartAt: 'P',
      States: { P: { Type: 'Parallel', Branches, End: true } },
    });
    const execution = await process.start(workflow, {});
    await process.run(10_000);
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED', owed: [] });
    expect(barrier.come).toBe(3);
  });
});
