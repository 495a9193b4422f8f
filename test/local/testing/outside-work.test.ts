import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testWorkflow } from '../../../lib/local/testing/index.ts';
import { runCase } from '../../../lib/local/testing/test-case.ts';
import { readTestFile } from '../../../lib/local/testing/test-file.ts';
import { temporaryFolder } from '../knhk-process.ts';

/** The order is paid, given up by somebody, or waits no longer than a day. */
const order = {
  StartAt: 'Open',
  States: {
    Open: { Type: 'Place', Next: ['Paid', 'GiveUp', 'Late'] },
    Paid: { Type: 'Pass', Trigger: { Event: 'paid' }, Parameters: { 'sum.$': '$$.Event.Payload.sum' }, End: true },
    GiveUp: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', End: true },
    Late: { Type: 'Wait', Seconds: 86_400, End: true },
  },
};

describe('a workflow that waits for the outside', () => {
  it('goes the way of whoever comes first', async () => {
    const untaken = { GiveUp: { Untaken: true } } as const;
    const paid = await testWorkflow(order, {
      mocks: untaken,
      events: [{ name: 'paid', payload: { sum: 3 }, afterSeconds: 60 }],
    });
    expect(paid).toMatchObject({ status: 'SUCCEEDED', output: { sum: 3 }, elapsedSeconds: 60 });
    const givenUp = await testWorkflow(order, {
      mocks: { GiveUp: { Return: 'no', TakenAfterSeconds: 30, AfterSeconds: 10 } },
      events: [{ name: 'paid', payload: { sum: 3 }, afterSeconds: 60 }],
    });
    expect(givenUp).toMatchObject({ status: 'SUCCEEDED', output: 'no', elapsedSeconds: 40 });
    const late = await testWorkflow(order, { mocks: untaken });
    expect(late).toMatchObject({ status: 'SUCCEEDED', elapsedSeconds: 86_400 });
  });

  it('does not get what is taken too late', async () => {
    const run = await testWorkflow(order, {
      mocks: { GiveUp: { Return: 'no', TakenAfterSeconds: 90 } },
      events: [{ name: 'paid', payload: { sum: 3 }, afterSeconds: 60 }],
    });
    expect(run).toMatchObject({ output: { sum: 3 }, path: ['Open', 'Paid'] });
  });

  it('takes activities like work items', async () => {
    const resource = 'arn:aws:states:us-east-1:000000000000:activity:give-up';
    const states = { ...order.States, GiveUp: { Type: 'Task', Resource: resource, End: true } };
    const mocks = { GiveUp: { Throw: { Error: 'Lost' }, TakenAfterSeconds: 5 } };
    const run = await testWorkflow({ ...order, States: states }, { mocks });
    expect(run).toMatchObject({ status: 'FAILED', error: 'Lost', elapsedSeconds: 5 });
  });

  it('is sent no event that it does not know', async () => {
    const sent = testWorkflow(order, { mocks: { GiveUp: { Untaken: true } }, events: [{ name: 'payed' }] });
    await expect(sent).rejects.toMatchObject({ code: 'Knhk.EventUnknown', message: expect.stringContaining("'paid'") });
  });

  it('is tested by a file', async () => {
    const folder = await temporaryFolder();
    try {
      const file = join(folder.path, 'order.test.json');
      await writeFile(join(folder.path, 'order.asl.json'), JSON.stringify(order));
      const cases = [
        { name: 'paid', events: [{ name: 'paid', payload: { sum: 1 } }], expect: { output: { sum: 1 } } },
        { name: 'late', expect: { elapsedSeconds: 86_400 } },
      ];
      await writeFile(file, JSON.stringify({ mocks: { GiveUp: { Untaken: true } }, cases }));
      const results = [];
      for (const one of (await readTestFile(file)).cases) results.push(await runCase(one));
      expect(results.map(({ name, problems }) => [name, problems])).toEqual([
        ['paid', []],
        ['late', []],
      ]);
    } finally {
      await folder.remove();
    }
  });
});
