import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { program } from '../../lib/local/cli/program.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';

/** `knhk work`, `knhk event` and `knhk items` against a server. */

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
afterEach(() => vi.restoreAllMocks());

async function post(method: string, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}${path}`, { method, headers, body: JSON.stringify(body) });
  expect(response.status).toBe(201);
}

async function started(workflow: string, definition: object, input: unknown = {}): Promise<void> {
  await post('PUT', `/v1/workflows/${workflow}`, { definition });
  await post('POST', `/v1/workflows/${workflow}/executions`, { name: 'e', input });
}

/** Runs the command in this process: what it wrote, and its exit code. */
async function knhk(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const writing = (to: 'out' | 'err') => (text: string | Uint8Array) => {
    written[to] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(writing('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(writing('err'));
  let code = -1;
  try {
    await program((exitCode) => (code = exitCode)).parseAsync(['node', 'knhk', ...args, '--url', api.url]);
  } finally {
    vi.restoreAllMocks();
  }
  return { code, ...written };
}

const WORK_ITEM = 'arn:aws:states:::knhk:workItem';
const review = {
  StartAt: 'Review',
  States: {
    Review: {
      Type: 'Task',
      Resource: WORK_ITEM,
      Parameters: { Title: 'Look at it', Candidates: ['anna', 'bert'] },
      Catch: [{ ErrorEquals: ['Shop.Refused'], Next: 'Paid' }],
      Next: 'Paid',
    },
    Paid: { Type: 'Pass', Trigger: { Event: 'paid' }, Result: 'paid', End: true },
  },
};

describe('knhk work', () => {
  test('lists, starts, returns and completes', async () => {
    await started('order', review);
    const { out } = await knhk('work', 'list', '--candidate', 'anna');
    const [heading, row] = out.split('\n');
    expect(heading).toMatch(/^EXECUTION +STATE +STATUS +WHO +SINCE +TITLE$/);
    expect(row).toMatch(/^order\/e +Review +offered +anna,bert +[\d-]+ [\d:]+ +Look at it$/);
    expect((await knhk('work', 'start', 'order/e/Review', '--worker', 'bert')).out).toMatch(/started +bert/);
    expect((await knhk('work', 'list', '--candidate', 'anna')).err).toBe('There are none.\n');
    const [mine] = JSON.parse((await knhk('work', 'list', '--assignee', 'bert', '--json')).out);
    expect(mine).toMatchObject({ state: 'Review', worker: 'bert', status: 'started' });
    const returned = JSON.parse((await knhk('work', 'return', mine.id, '--worker', 'bert', '--json')).out);
    expect(returned).toMatchObject({ id: mine.id, status: 'offered' });
    const done = await knhk('work', 'complete', 'order/e/Review', '--output', '{"ok":true}', '--worker', 'anna');
    expect(done).toEqual({ code: 0, out: '', err: 'It is done.\n' });
    await expect(knhk('work', 'start', 'order/e/Review', '--worker', 'anna')).rejects.toMatchObject({
      ...{ code: 'Knhk.WorkItemNotFound', exitCode: 3 },
    });
  });

  test('fails, and says why something is refused', async () => {
    await started('refused', review);
    await expect(knhk('work', 'start', 'refused/e/Review', '--worker', 'carl')).rejects.toMatchObject({
      code: 'Knhk.WorkerNotAllowed',
    });
    const [item] = JSON.parse((await knhk('work', 'list', '--execution', 'refused/e', '--json')).out);
    const failed = await knhk('work', 'fail', item.id, '--error', 'Shop.Refused', '--worker', 'anna');
    expect(failed).toEqual({ code: 0, out: '', err: 'It has failed.\n' });
    expect((await knhk('event', 'send', 'refused/e', 'paid')).out).toMatch(/^taken /);
  });
});

describe('knhk event send, knhk items add', () => {
  test('tell what became of it', async () => {
    await started('paying', review);
    const event = ['event', 'send', 'paying/e', 'paid', '--payload', '{"sum":1}', '--id', 'p-1'];
    expect(JSON.parse((await knhk(...event, '--json')).out)).toEqual({ id: 'p-1', outcome: 'kept' });
    expect((await knhk(...event)).out).toMatch(/^repeated /);
    await expect(knhk('event', 'send', 'paying/e', 'payed')).rejects.toThrow('"paid"');
  });

  test('add to a running Map', async () => {
    const processor = { StartAt: 'Do', States: { Do: { Type: 'Task', Resource: WORK_ITEM, End: true } } };
    const states = { Fan: { Type: 'Map', Dynamic: true, ItemProcessor: processor, End: true } };
    await started('fan', { StartAt: 'Fan', States: states }, ['a']);
    expect((await knhk('items', 'add', 'fan/e', 'Fan', '["b","c"]')).out).toBe('added\n');
    const items = JSON.parse((await knhk('work', 'list', '--execution', 'fan/e', '--json')).out);
    expect(items.map(({ payload }: { payload: string }) => payload)).toEqual(['a', 'b', 'c']);
    await expect(knhk('items', 'add', 'fan/e', 'Fan', '"b"')).rejects.toMatchObject({ code: 'Knhk.InputInvalid' });
  });
});
