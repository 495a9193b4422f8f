import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evolve } from '../../lib/model/evolve.ts';
import { flatten } from '../../lib/model/open-state.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import { chain, type TestProcess, task, World } from '../execution/harness.ts';

/** Plain values: sets and maps in their order. */
function plain(state: ExecutionState | undefined) {
  return state && JSON.parse(JSON.stringify({ ...state, ...flatten(state) }));
}

/** A chain whose payloads are large enough for some snapshots, a second for each task. */
async function ran(): Promise<{ process: TestProcess; execution: string; startedAt: number }> {
  const world: World = new World({
    handlers: {
      grow: async ({ n }: { n: number }) => {
        await world.later(1_000, undefined);
        return { n: n + 1, text: String(n).repeat(4_000) };
      },
    },
  });
  const process = world.process();
  const startedAt = world.clock.now();
  const execution = await process.start(await world.register('grow', chain('grow', 12)), { n: 0 });
  await process.run();
  return { process, execution, startedAt };
}

describe('An execution as it was', () => {
  test('is what its log folds to, at each commit, event and time', async () => {
    const { process, execution, startedAt } = await ran();
    const { past } = process.states;
    const live = (await process.states.load(execution)) ?? expect.fail();
    const commits = await process.states.events(execution);
    expect(commits.some(({ snapshot }) => snapshot !== undefined)).toBe(true);
    let state: ExecutionState | undefined;
    for (const { number, events } of commits) {
      for (const event of events) {
        state = evolve(live.plan, state, event);
        const byEvent = await past.at(execution, { event: state.historyLength });
        expect(byEvent?.state.historyLength).toBe(state.historyLength);
      }
      expect(plain((await past.at(execution, { commit: number }))?.state)).toEqual(plain(state));
    }
    for (let second = 0; second <= 12; second += 1) {
      const then = await past.at(execution, { time: startedAt + second * 1_000 + 500 });
      expect(then?.state.status).toBe(second === 12 ? 'SUCCEEDED' : 'RUNNING');
      expect([...(then?.state.activations.values() ?? [])].map((one) => one.state)).toEqual(
        second === 12 ? [] : [`S${second}`],
      );
    }
    expect(plain((await past.at(execution, { commit: live.number }))?.state)).toEqual(plain(live.state));
  });

  test('is not there before it began, nor later than its log goes', async () => {
    const { process, execution, startedAt } = await ran();
    const { past } = process.states;
    expect(await past.at(execution, { time: startedAt - 1 })).toBeUndefined();
    expect(await past.at(execution, { commit: 10_000 })).toBeUndefined();
    expect(await past.at(execution, { event: 10_000 })).toBeUndefined();
    expect(await past.at(`${execution}x`, { commit: 0 })).toBeUndefined();
    expect((await past.at(execution, { time: startedAt + 1e9 }))?.state.status).toBe('SUCCEEDED');
  });

  test('takes a few reads, however long its log is', async () => {
    let reads = 0;
    const world: World = new World({
      handlers: { work: (n: number) => world.later(1_000, n + 1) },
      log: (events) => ({
        append: (commit) => events.append(commit),
        load: (id) => events.load(id),
        read: (id, from, limit) => {
          reads += 1;
          return events.read(id, from, limit);
        },
      }),
    });
    const process = world.process();
    const execution = await process.start(await world.register('long', chain('work', 400)), 0);
    await process.run();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 400 }), async (commit) => {
        reads = 0;
        expect((await process.states.past.at(execution, { commit }))?.commit).toBe(commit);
        expect(reads).toBeLessThanOrEqual(3);
        reads = 0;
        await process.states.past.at(execution, { time: world.clock.now() - commit * 1_000 });
        // Bisection, and what is read to fold.
        expect(reads).toBeLessThanOrEqual(9 + 4);
      }),
      { numRuns: 30 },
    );
  });

  test('is read by the definition that it had then', async () => {
    const world: World = new World({ handlers: { work: (n: number) => world.later(1_000, n) } });
    const process = world.process();
    const workflow = await world.register('flow', chain('work', 2));
    const execution = await process.start(workflow, 7);
    await process.run(500);
    const definition = JSON.stringify({
      StartAt: 'S0',
      States: { S0: task('work', { Next: 'New' }), New: { Type: 'Pass', End: true } },
    });
    const to = { revision: '2', roleArn: 'arn:aws:iam::123456789012:role/r' };
    await process.engine.workflows.addRevision(workflow.id, { ...to, definition, createdAt: 0 });
    await process.engine.migrate({ execution, to });
    await process.run();
    const revisions = [];
    for (const commit of [0, 1, 2]) {
      const then = await process.states.past.at(execution, { commit });
      revisions.push([then?.state.identity.workflow.revision, then?.plan.scopes[0]?.states.has('New')]);
    }
    expect(revisions).toContainEqual(['1', false]);
    expect(revisions.at(-1)).toEqual(['2', true]);
  });
});
