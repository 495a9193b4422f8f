import { GetActivityTaskCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const WORK_ITEM = 'arn:aws:states:::knhk:workItem';
const ACTIVITY = 'arn:aws:states:eu-central-1:123456789012:activity:';

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, whose fields the tests look at.
  readonly body: any;
}

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const content = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await fetch(`${api.url}${path}`, { method, ...content });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

let count = 0;

/** Starts an execution of the definition, and gives its path. */
async function started(definition: object, input: unknown = {}): Promise<string> {
  count += 1;
  const name = `w${count}`;
  expect((await call('PUT', `/v1/workflows/${name}`, { definition })).status).toBeLessThan(300);
  expect((await call('POST', `/v1/workflows/${name}/executions`, { name: 'e', input })).status).toBe(201);
  return `/v1/workflows/${name}/executions/e`;
}

/** The open work of an execution, once it has so many pieces. */
async function items(path: string, expected = 1): Promise<Answer['body'][]> {
  for (;;) {
    const { body } = await call('GET', `${path}/work-items`);
    if (body.items.length >= expected) return body.items;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function ended(path: string): Promise<Answer['body']> {
  return (await call('GET', `${path}?wait=10`)).body;
}

const item = (fields: object = {}, next: object = { End: true }) => ({
  Type: 'Task',
  Resource: WORK_ITEM,
  ...(Object.keys(fields).length === 0 ? {} : { Arguments: fields }),
  ...next,
});
const review = (fields: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Review',
  States: { Review: item({ Title: 'Review the order', ...fields }) },
});
const choice = {
  StartAt: 'Either',
  States: {
    Either: { Type: 'Place', Next: ['A', 'B'] },
    A: item({}),
    B: item({}),
  },
};

describe('a work item', () => {
  test('is offered, started, and completed', async () => {
    const path = await started(review({ Assignee: 'anna', Payload: { order: 7 } }));
    const [offered] = await items(path);
    expect(offered).toMatchObject({
      ...{ kind: 'workItem', status: 'offered', execution: 'e', state: 'Review', title: 'Review the order' },
      ...{ assignee: 'anna', payload: { order: 7 } },
    });
    const at = `/v1/work-items/${offered.id}`;
    expect((await call('POST', `${at}/start`, { worker: 'anna' })).body).toMatchObject({
      status: 'started',
      worker: 'anna',
    });
    expect((await call('GET', at)).body).toMatchObject({ id: offered.id, status: 'started', worker: 'anna' });
    expect((await call('POST', `${at}/complete`, { output: { ok: true }, worker: 'anna' })).status).toBe(204);
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: { ok: true } });
    expect(await call('GET', at)).toMatchObject({ status: 409, body: { code: 'Knhk.WorkItemClosed' } });
  });

  test('answers the same request of the same worker alike, and nobody else', async () => {
    const path = await started(review());
    const [{ id }] = await items(path);
    const at = `/v1/work-items/${id}`;
    const start = () => call('POST', `${at}/start`, { worker: 'anna' });
    expect((await start()).status).toBe(200);
    expect((await start()).body).toMatchObject({ status: 'started', worker: 'anna' });
    const bert = { status: 409, body: { code: 'Knhk.WorkItemTaken' } };
    expect(await call('POST', `${at}/start`, { worker: 'bert' })).toMatchObject(bert);
    expect(await call('POST', `${at}/complete`, { worker: 'bert' })).toMatchObject(bert);
    expect(await call('POST', `${at}/return`, { worker: 'bert' })).toMatchObject(bert);
    expect((await call('POST', `${at}/complete`, { output: 1 })).status).toBe(204);
    expect((await call('POST', `${at}/complete`, { output: 1 })).status).toBe(204);
    expect(await call('POST', `${at}/complete`, { output: 2 })).toMatchObject({
      ...{ status: 409, body: { code: 'Knhk.WorkItemClosed' } },
    });
  });

  test('is for its assignee and candidates alone', async () => {
    const path = await started(review({ Candidates: ['anna', 'bert'] }));
    const [{ id, candidates }] = await items(path);
    expect(candidates).toEqual(['anna', 'bert']);
    const refused = { status: 403, body: { code: 'Knhk.WorkerNotAllowed' } };
    expect(await call('POST', `/v1/work-items/${id}/start`, { worker: 'carl' })).toMatchObject(refused);
    expect(await call('POST', `/v1/work-items/${id}/complete`, { output: 1 })).toMatchObject(refused);
    expect((await call('POST', `/v1/work-items/${id}/complete`, { output: 1, worker: 'bert' })).status).toBe(204);
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: 1 });
  });

  test('can be given back, and taken by another', async () => {
    const path = await started(review());
    const [{ id }] = await items(path);
    const at = `/v1/work-items/${id}`;
    for (const worker of ['anna', 'bert']) {
      expect((await call('POST', `${at}/start`, { worker })).body).toMatchObject({ status: 'started', worker });
      const returned = await call('POST', `${at}/return`, { worker });
      expect(returned.body).toMatchObject({ id, status: 'offered' });
      expect(returned.body.worker).toBeUndefined();
      expect((await call('POST', `${at}/return`, { worker })).body).toMatchObject({ status: 'offered' });
    }
    expect((await call('POST', `${at}/start`, { worker: 'anna' })).body).toMatchObject({ worker: 'anna' });
    expect((await call('POST', `${at}/complete`, { output: 'done' })).status).toBe(204);
    expect(await ended(path)).toMatchObject({ output: 'done' });
  });

  test('can fail, and is caught', async () => {
    const definition = {
      StartAt: 'Review',
      States: {
        Review: item({}, { Catch: [{ ErrorEquals: ['Shop.Refused'], Next: 'Sorry' }], End: true }),
        Sorry: { Type: 'Pass', Result: 'sorry', End: true },
      },
    };
    const path = await started(definition);
    const [{ id }] = await items(path);
    const fail = () => call('POST', `/v1/work-items/${id}/fail`, { error: 'Shop.Refused', cause: 'No.' });
    expect((await fail()).status).toBe(204);
    expect((await fail()).status).toBe(204);
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: 'sorry' });
  });

  test('is nothing that an id stands for which was not handed out', async () => {
    const none = { status: 404, body: { code: 'Knhk.WorkItemNotFound' } };
    expect(await call('GET', '/v1/work-items/nonsense')).toMatchObject(none);
    expect(await call('POST', '/v1/work-items/nonsense/start', { worker: 'a' })).toMatchObject(none);
  });
});

describe('of alternatives', () => {
  test('exactly one is had, by exactly one of those who start them at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = await started(choice, { from: 'start' });
      const offered = await items(path, 2);
      const starts = ['anna', 'bert', 'carl', 'dora'].map(async (worker, at) => {
        const { id } = offered[at % 2];
        return { id, worker, ...(await call('POST', `/v1/work-items/${id}/start`, { worker })) };
      });
      const answers = await Promise.all(starts);
      const [winner, ...others] = answers.filter(({ status }) => status === 200);
      expect(others).toEqual([]);
      for (const { status, body } of answers.filter((answer) => answer !== winner)) {
        expect(status).toBe(409);
        expect(['Knhk.WorkItemTaken', 'Knhk.WorkItemClosed']).toContain(body.code);
      }
      expect(await items(path)).toMatchObject([{ id: winner?.id, worker: winner?.worker }]);
    }
  });

  test('one completion goes through', async () => {
    const path = await started(choice);
    const offered = await items(path, 2);
    const answers = await Promise.all(
      offered.map(({ id, state }) => call('POST', `/v1/work-items/${id}/complete`, { output: state })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const first = offered[answers.findIndex(({ status }) => status === 204)];
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: first.state });
  });

  test('a worker of an activity gets the one that really started', async () => {
    for (const name of ['quick', 'slow']) await call('POST', '/v1/activities', { name });
    const states = {
      Either: { Type: 'Place', Next: ['Quick', 'Slow'] },
      Quick: { Type: 'Task', Resource: `${ACTIVITY}quick`, End: true },
      Slow: { Type: 'Task', Resource: `${ACTIVITY}slow`, End: true },
    };
    const path = await started({ StartAt: 'Either', States: states }, { n: 1 });
    await items(path, 2);
    const polls = ['quick', 'slow', 'quick', 'slow'].map((name) => call('POST', `/v1/activities/${name}/tasks`, {}));
    const [taken, ...others] = (await Promise.all(polls)).filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    expect(taken?.body.input).toEqual({ n: 1 });
    await api.client.send(new SendTaskSuccessCommand({ taskToken: taken?.body.token, output: '"done"' }));
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });
});

describe('the lists', () => {
  test('have the open items of an assignee and of a candidate, and what somebody has started', async () => {
    const mine = await started(review({ Assignee: 'emma' }));
    const ours = await started(review({ Candidates: ['emma', 'fritz'] }));
    const [[first], [second]] = [await items(mine), await items(ours)];
    const list = async (query: string) =>
      (await call('GET', `/v1/work-items?${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await list('assignee=emma')).toEqual([first.id]);
    expect(await list('candidate=fritz')).toEqual([second.id]);
    await call('POST', `/v1/work-items/${second.id}/start`, { worker: 'fritz' });
    expect(await list('assignee=fritz')).toEqual([second.id]);
    expect(await list('candidate=emma')).toEqual([]);
    await call('POST', `/v1/work-items/${second.id}/return`, { worker: 'fritz' });
    expect(await list('assignee=fritz')).toEqual([]);
    expect(await list('candidate=emma')).toEqual([second.id]);
    await call('POST', `/v1/work-items/${first.id}/complete`, { output: 1, worker: 'emma' });
    expect(await list('assignee=emma')).toEqual([]);
    await call('POST', `${ours}/stop`, {});
    await ended(ours);
    expect(await list('candidate=emma')).toEqual([]);
  });

  test('go on page by page', async () => {
    const paths = [];
    for (let i = 0; i < 3; i += 1) paths.push(await started(review({ Assignee: 'gina' })));
    for (const path of paths) await items(path);
    const seen: string[] = [];
    let after = '';
    do {
      const { body } = await call('GET', `/v1/work-items?assignee=gina&limit=2${after}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ workflow }: { workflow: string }) => workflow));
      after = body.next === undefined ? '' : `&after=${encodeURIComponent(body.next)}`;
    } while (after !== '');
    expect(seen.map((name) => `/v1/workflows/${name}/executions/e`)).toEqual(paths);
  });

  test('show activities and callbacks of an execution, too', async () => {
    await call('POST', '/v1/activities', { name: 'shown' });
    const path = await started({
      StartAt: 'Work',
      States: { Work: { Type: 'Task', Resource: `${ACTIVITY}shown`, End: true } },
    });
    expect(await items(path)).toMatchObject([{ kind: 'activity', status: 'offered', state: 'Work' }]);
    const { taskToken } = await api.client.send(new GetActivityTaskCommand({ activityArn: `${ACTIVITY}shown` }));
    expect(await items(path)).toMatchObject([{ id: taskToken, kind: 'activity', status: 'started' }]);
  });
});

describe('the Step Functions face', () => {
  test('ends a work item by its token, also one that nobody has taken', async () => {
    const path = await started(review());
    const [{ id }] = await items(path);
    await expect(api.client.send(new SendTaskHeartbeatCommand({ taskToken: id }))).rejects.toThrow(/nobody has taken/);
    await api.client.send(new SendTaskSuccessCommand({ taskToken: id, output: '"fine"' }));
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: 'fine' });
    await expect(
      api.client.send(new SendTaskSuccessCommand({ taskToken: id, output: '"again"' })),
    ).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  test('tells of an alternative that is gone', async () => {
    const path = await started(choice);
    const [a, b] = await items(path, 2);
    await api.client.send(new SendTaskSuccessCommand({ taskToken: a.id, output: '"A"' }));
    await expect(api.client.send(new SendTaskSuccessCommand({ taskToken: b.id, output: '"B"' }))).rejects.toMatchObject(
      { name: 'TaskTimedOut' },
    );
    expect(await ended(path)).toMatchObject({ output: 'A' });
  });
});
