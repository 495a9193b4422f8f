import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitionSchema } from '../../lib/language/index.ts';
import { definitions, place, type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi({ policy: { maxBodyBytes: 100_000 } });
});
afterAll(() => api.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  readonly body: any;
}

async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

let names = 0;
async function create(definition: object): Promise<string> {
  names += 1;
  const name = `workflow-${names}`;
  expect((await call('POST', '/v1/workflows', { name, definition })).status).toBe(201);
  return name;
}

describe('workflows', () => {
  it('are created, shown, and created again without a change', async () => {
    const request = { name: 'order', definition: definitions.pass(), tags: { team: 'a' } };
    const created = await call('POST', '/v1/workflows', request);
    expect([created.status, created.headers.get('location')]).toEqual([201, '/v1/workflows/order']);
    expect(created.body).toEqual({
      name: 'order',
      arn: `arn:aws:states:${place.region}:${place.account}:stateMachine:order`,
      type: 'STANDARD',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      revision: expect.any(String),
      revisedAt: created.body.createdAt,
      patterns: [],
      roleArn: '',
      tracing: false,
      tags: { team: 'a' },
      definition: definitions.pass(),
      findings: [],
    });
    const { findings: _findings, ...shown } = created.body;
    expect(await call('GET', created.headers.get('location') ?? '')).toMatchObject({ status: 200, body: shown });
    expect(await call('POST', '/v1/workflows', request)).toMatchObject({ status: 200, body: created.body });
    const other = await call('POST', '/v1/workflows', { ...request, definition: definitions.fail });
    expect(other).toMatchObject({ status: 409, body: { code: 'Knhk.WorkflowExists' } });
  });

  it('are registered with the warnings about their definition', async () => {
    const end = { Type: 'Pass', End: true };
    const loose = { StartAt: 'A', States: { A: { Type: 'Pass', Next: ['B', 'C'] }, B: end, C: end, D: end } };
    const warnings = [{ code: 'UNREACHABLE_STATE', severity: 'WARNING', pointer: '/States/D' }];
    const created = await call('POST', '/v1/workflows', { name: 'warned', definition: loose });
    expect(created).toMatchObject({ status: 201, body: { findings: warnings } });
    expect(created.body.findings[0]).not.toHaveProperty('line');
    const text = await call('PUT', '/v1/workflows/warned', { definition: JSON.stringify(loose) });
    expect(text).toMatchObject({ status: 200, body: { findings: [{ ...warnings[0], line: 1 }] } });
    const put = await call('PUT', '/v1/workflows/warned', { definition: definitions.pass() });
    expect(put).toMatchObject({ status: 200, body: { findings: [] } });
    expect((await call('GET', '/v1/workflows/warned')).body).not.toHaveProperty('findings');
  });

  it('are put: created, left alone, replaced', async () => {
    const put = (definition: object | string) => call('PUT', '/v1/workflows/put', { definition });
    const first = await put(definitions.pass());
    const same = await put(definitions.pass());
    const changed = await put(JSON.stringify(definitions.fail));
    expect([first.status, same.status, changed.status]).toEqual([201, 200, 200]);
    expect(same.body.revision).toBe(first.body.revision);
    expect(changed.body.revision).not.toBe(first.body.revision);
    expect(changed.body.definition).toEqual(definitions.fail);
    expect(changed.body.createdAt).toBe(first.body.createdAt);
  });

  it('are listed page by page', async () => {
    const created = [await create(definitions.pass()), await create(definitions.pass())];
    const listed: string[] = [];
    let after = '';
    do {
      const { body } = await call('GET', `/v1/workflows?limit=1${after}`);
      expect(body.items).toHaveLength(1);
      listed.push(body.items[0].name);
      after = body.next === undefined ? '' : `&after=${encodeURIComponent(body.next)}`;
    } while (after !== '');
    expect(listed).toEqual(expect.arrayContaining(created));
    expect(await call('GET', '/v1/workflows?after=invented')).toMatchObject({
      status: 400,
      body: { code: 'Knhk.PageTokenInvalid' },
    });
  });

  it('are deleted', async () => {
    const name = await create(definitions.pass());
    expect((await call('DELETE', `/v1/workflows/${name}`)).status).toBe(204);
    expect(await call('DELETE', `/v1/workflows/${name}`)).toMatchObject({
      status: 404,
      body: { code: 'Knhk.WorkflowNotFound' },
    });
  });

  it('are refused with every finding, and can be checked beforehand', async () => {
    const definition = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } };
    const findings = [
      { pointer: '/States/A/Next', code: 'MISSING_TRANSITION_TARGET', severity: 'ERROR' },
      { pointer: '', code: 'MISSING_END_STATE', severity: 'ERROR' },
    ];
    const refused = await call('POST', '/v1/workflows', { name: 'bad', definition });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused).toMatchObject({
      status: 400,
      body: {
        type: 'urn:knhk:problem:Knhk.DefinitionInvalid',
        title: 'The definition is wrong',
        status: 400,
        code: 'Knhk.DefinitionInvalid',
        findings,
      },
    });
    const checked = await call('POST', '/v1/validations', { definition });
    expect(checked).toMatchObject({ status: 200, body: { valid: false, findings } });
    const good = await call('POST', '/v1/validations', { definition: definitions.pass() });
    expect(good).toMatchObject({ status: 200, body: { valid: true, findings: [] } });
  });

  it('are shown with what is done of them ahead of time', async () => {
    const count = { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $sum([1..4]) %}', Next: 'Hand' };
    const states = { Count: count, Hand: { Type: 'Pass', Next: 'Done' }, Done: { Type: 'Succeed' } };
    const { body } = await call('POST', '/v1/validations', { definition: { StartAt: 'Count', States: states } });
    expect(body).toEqual({
      valid: true,
      findings: [],
      plan: {
        folded: [{ pointer: '/States/Count/Output', expression: '$sum([1..4])' }],
        fused: [{ states: ['Count', 'Hand'] }],
      },
    });
  });

  it('are told where in their text they are wrong, and what was probably meant', async () => {
    const definition = { StartAt: 'A', States: { A: { Type: 'Succeed', Coment: 'x' } } };
    const text = await call('POST', '/v1/validations', { definition: JSON.stringify(definition, undefined, 1) });
    const finding = { pointer: '/States/A', line: 4, column: 3, hint: "Did you mean 'Comment'?" };
    expect(text.body).toMatchObject({ valid: false, findings: [finding] });
    const object = await call('POST', '/v1/validations', { definition });
    expect(object.body).toMatchObject({ findings: [{ hint: finding.hint }] });
    expect(JSON.stringify(object.body)).not.toContain('"line"');
  });

  it('have a schema for editors', async () => {
    expect(await call('GET', '/v1/definition-schema')).toMatchObject({ status: 200, body: definitionSchema() });
  });
});

describe('executions', () => {
  it('are started, and waited for', async () => {
    const workflow = await create(definitions.pass());
    const path = `/v1/workflows/${workflow}/executions`;
    const ended = await call('POST', `${path}?wait=5`, { name: 'one', input: { a: 1 } });
    expect([ended.status, ended.headers.get('location')]).toEqual([201, `${path}/one`]);
    expect(ended.body).toEqual({
      id: 'one',
      name: 'one',
      workflow,
      arn: `arn:aws:states:${place.region}:${place.account}:execution:${workflow}:one`,
      revision: expect.any(String),
      patterns: [],
      status: 'SUCCEEDED',
      startedAt: expect.any(String),
      closedAt: expect.any(String),
      input: { a: 1 },
      output: { a: 1, by: 'first' },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
    expect(await call('GET', `${path}/one`)).toMatchObject({ status: 200, body: ended.body });
    expect((await call('POST', path, { name: 'one', input: { a: 1 } })).body.code).toBe('Knhk.ExecutionExists');
    const unnamed = await call('POST', `${path}?wait=5`);
    expect(unnamed).toMatchObject({ status: 201, body: { input: {}, status: 'SUCCEEDED' } });
  });

  it('are answered as they are when the time to wait is over', async () => {
    const workflow = await create(definitions.wait);
    const path = `/v1/workflows/${workflow}/executions`;
    const running = await call('POST', `${path}?wait=0.05`, { name: 'long' });
    expect(running).toMatchObject({ status: 201, body: { status: 'RUNNING' } });
    expect((await call('POST', path, { name: 'long' })).status).toBe(200);
    const [waited, stopped] = await Promise.all([
      call('GET', `${path}/long?wait=30`),
      call('POST', `${path}/long/stop`, { error: 'Changed' }),
    ]);
    expect(stopped).toMatchObject({ status: 200, body: { status: 'ABORTED', error: 'Changed' } });
    expect(waited).toMatchObject({ status: 200, body: { status: 'ABORTED', error: 'Changed' } });
  });

  it('are listed by workflow and status', async () => {
    const [first, second] = [await create(definitions.pass()), await create(definitions.fail)];
    await call('POST', `/v1/workflows/${first}/executions?wait=5`, { name: 'f' });
    await call('POST', `/v1/workflows/${second}/executions?wait=5`, { name: 's' });
    const list = async (query: string) =>
      (await call('GET', `/v1/executions?${query}`)).body.items.map((item: { id: string }) => item.id);
    expect(await list(`workflow=${first}`)).toEqual(['f']);
    expect(await list(`workflow=${first}&status=FAILED`)).toEqual([]);
    expect(await list(`workflow=${second}&status=FAILED`)).toEqual(['s']);
    expect(await list('limit=1000')).toEqual(expect.arrayContaining(['f', 's']));
  });

  it('show their history page by page', async () => {
    const workflow = await create(definitions.pass());
    await call('POST', `/v1/workflows/${workflow}/executions?wait=5`, { name: 'h' });
    const path = `/v1/workflows/${workflow}/executions/h/history?limit=3`;
    const first = await call('GET', path);
    const second = await call('GET', `${path}&after=${first.body.next}`);
    expect([...first.body.items, ...second.body.items].map((event) => event.type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    expect(second.body.next).toBeUndefined();
    expect((await call('GET', `${path}&order=desc`)).body.items[0].type).toBe('ExecutionSucceeded');
  });

  it('of express workflows have an id of their own', async () => {
    const request = { name: 'express', type: 'EXPRESS', definition: definitions.pass() };
    await call('POST', '/v1/workflows', request);
    const started = await call('POST', '/v1/workflows/express/executions?wait=5', { name: 'e' });
    expect(started.body.id).toMatch(/^e:[0-9a-f-]{36}$/);
    const again = await call('GET', started.headers.get('location') ?? '');
    expect(again.body).toEqual(started.body);
  });

  it('that do not exist are not waited for', async () => {
    const workflow = await create(definitions.pass());
    expect(await call('GET', `/v1/workflows/${workflow}/executions/missing?wait=300`)).toMatchObject({
      status: 404,
      body: { code: 'Knhk.ExecutionNotFound' },
    });
    expect(await call('POST', '/v1/workflows/missing/executions', {})).toMatchObject({
      status: 404,
      body: { code: 'Knhk.WorkflowNotFound' },
    });
  });
});

describe('tasks', () => {
  it('are taken by a worker, kept alive and ended by their token', async () => {
    const { body: activity } = await call('POST', '/v1/activities', { name: 'pack' });
    expect(await call('GET', '/v1/activities/pack')).toMatchObject({ status: 200, body: activity });
    expect((await call('GET', '/v1/activities')).body.items).toContainEqual(activity);
    expect((await call('POST', '/v1/activities/pack/tasks')).status).toBe(204);
    const path = `/v1/workflows/${await create(definitions.activity(activity.arn))}/executions`;
    const start = (name: string) => call('POST', path, { name, input: { parcel: name } });
    const take = () => call('POST', '/v1/activities/pack/tasks?wait=10', { worker: 'anna' });

    const [first] = await Promise.all([take(), start('good')]);
    expect(first).toMatchObject({ status: 200, body: { input: { parcel: 'good' } } });
    expect((await call('POST', `/v1/tasks/${first.body.token}/heartbeat`)).status).toBe(204);
    expect((await call('POST', `/v1/tasks/${first.body.token}/success`, { output: [1] })).status).toBe(204);
    expect((await call('GET', `${path}/good?wait=5`)).body).toMatchObject({ status: 'SUCCEEDED', output: [1] });
    expect(await call('POST', `/v1/tasks/${first.body.token}/success`, {})).toMatchObject({
      status: 409,
      body: { code: 'Knhk.TaskClosed' },
    });

    const [second] = await Promise.all([take(), start('bad')]);
    const failure = { error: 'Broken', cause: 'It fell.' };
    expect((await call('POST', `/v1/tasks/${second.body.token}/failure`, failure)).status).toBe(204);
    expect((await call('GET', `${path}/bad?wait=5`)).body).toMatchObject({ status: 'FAILED', ...failure });

    expect((await call('DELETE', '/v1/activities/pack')).status).toBe(204);
    expect((await call('GET', '/v1/activities/pack')).body.code).toBe('Knhk.ActivityNotFound');
  });

  it('are refused a token that is none', async () => {
    const refused = await call('POST', '/v1/tasks/invented/heartbeat');
    expect(refused).toMatchObject({ status: 400, body: { code: 'Knhk.TokenInvalid' } });
  });
});

describe('requests', () => {
  it.each([
    ['GET', '/nowhere', undefined, 404, 'Knhk.RouteNotFound'],
    ['PATCH', '/v1/workflows', undefined, 405, 'Knhk.MethodNotAllowed'],
    ['POST', '/v1/workflows', '{"name":', 400, 'Knhk.BodyInvalid'],
    ['POST', '/v1/workflows', {}, 400, 'Knhk.RequestInvalid'],
    ['POST', '/v1/workflows', { name: 'x'.repeat(200_000) }, 413, 'Knhk.TooLarge'],
    ['POST', '/v1/workflows', { name: 'a/b', definition: definitions.wait }, 400, 'Knhk.NameInvalid'],
    ['GET', '/v1/executions?limit=0', undefined, 400, 'Knhk.RequestInvalid'],
    ['GET', '/v1/executions?limit=1001', undefined, 400, 'Knhk.RequestInvalid'],
    ['GET', '/v1/executions?status=LOST', undefined, 400, 'Knhk.RequestInvalid'],
  ])('%s %s is answered with a problem', async (method, path, body, status, code) => {
    const answer = await call(method, path, body);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer).toMatchObject({ status, body: { status, code, type: `urn:knhk:problem:${code}` } });
    expect(answer.body.detail).toMatch(/\.$/);
  });

  it('name every field that is wrong', async () => {
    const { body } = await call('POST', '/v1/workflows', { definition: 7, type: 'FAST' });
    for (const field of ['body.name', 'body.definition', 'body.type']) expect(body.detail).toContain(field);
  });

  it('must declare their body as JSON, which a page of another origin cannot do unasked', async () => {
    const body = { name: 'plain', definition: definitions.pass() };
    const refused = await call('POST', '/v1/workflows', body, 'text/plain');
    expect(refused).toMatchObject({ status: 415, body: { code: 'Knhk.BodyTypeInvalid' } });
    expect((await call('GET', '/v1/workflows/plain')).status).toBe(404);
  });

  it('learn the methods that a resource has', async () => {
    const { headers } = await call('PATCH', '/v1/workflows/order');
    expect(headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PUT']);
  });

  it('learn that the engine is ready', async () => {
    expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});
