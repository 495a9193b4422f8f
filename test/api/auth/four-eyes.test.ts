import { describe, expect, type TestContext, test, vi } from 'vitest';
import { type Answer, GuardedServer } from './guarded-server.ts';
import { Issuer } from './issuer.ts';

/** People who say who they are by tokens: nobody can take the name of another one. */

const item = (more: object) => ({ Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', Arguments: more });
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Enter',
  States: {
    Enter: { ...item({ Role: 'clerk' }), Next: 'Approve' },
    // Named, so that nothing but the separation keeps the same person away.
    Approve: { ...item({ Candidates: ['anna', 'bert', 'dora'], Separate: ['Enter'] }), End: true },
  },
};
const PATH = '/v1/workflows/payment/executions/p-1';

interface OpenItem {
  readonly state: string;
  readonly unallocated?: boolean;
}

interface Office {
  /** As this person. */
  readonly as: (person: string, method: string, path: string, body?: object) => Promise<Answer>;
  /** Id of what is open for somebody in the state. */
  readonly open: (state: string) => Promise<string>;
}

async function office(onTestFinished: TestContext['onTestFinished']): Promise<Office> {
  const issuer = await Issuer.start(onTestFinished);
  const authentication = { methods: new Set(['jwt'] as const), jwt: { issuer: issuer.url, audience: ['knhk'] } };
  const server = await GuardedServer.start(onTestFinished, { authentication });
  await server.own('PUT', '/v1/workflows/payment', { definition });
  for (const id of ['anna', 'bert']) await server.own('PUT', `/v1/participants/${id}`, { roles: ['clerk'] });
  await server.own('PUT', '/v1/participants/carl', { roles: ['guest'] });
  await server.own('POST', '/v1/workflows/payment/executions', { name: 'p-1' });
  const scope = 'workitems:list workitems:read workitems:start workitems:complete workitems:return workitems:delegate';
  const as: Office['as'] = async (person, method, path, body) =>
    server.call(await issuer.token({ sub: person, scope }), method, path, body);
  const open = (state: string) =>
    vi.waitFor(async () => {
      const { items } = (await server.own('GET', `${PATH}/work-items`)).body;
      return items.find((one: OpenItem) => one.state === state && one.unallocated !== true)?.id ?? expect.fail(state);
    });
  return { as, open };
}

describe('Four eyes', () => {
  test('are two people, whatever they say', async ({ onTestFinished }) => {
    const { as, open } = await office(onTestFinished);
    const entering = await open('Enter');
    expect(await as('carl', 'POST', `/v1/work-items/${entering}/start`, {})).toMatchObject({ status: 403 });
    expect(await as('anna', 'POST', `/v1/work-items/${entering}/start`, { worker: 'bert' })).toMatchObject({
      status: 403,
      body: { code: 'Knhk.WorkerNotAllowed', detail: expect.stringContaining('workitems:act') },
    });
    expect((await as('anna', 'POST', `/v1/work-items/${entering}/complete`, {})).status).toBe(204);
    const approving = await open('Approve');
    for (const [path, body] of [
      ['start', {}],
      ['complete', { output: { ok: true } }],
      ['complete', { output: { ok: true }, worker: 'bert' }],
    ] as const) {
      const refused = await as('anna', 'POST', `/v1/work-items/${approving}/${path}`, body);
      expect(refused).toMatchObject({ status: 403, body: { code: 'Knhk.WorkerNotAllowed' } });
    }
    const refused = await as('anna', 'POST', `/v1/work-items/${approving}/start`, {});
    expect(refused.body.detail).toContain('did the state "Enter"');
    expect((await as('bert', 'POST', `/v1/work-items/${approving}/complete`, { output: 'ok' })).status).toBe(204);
  });

  test('are kept when an item is handed on', async ({ onTestFinished }) => {
    const { as, open } = await office(onTestFinished);
    const entering = await open('Enter');
    await as('anna', 'POST', `/v1/work-items/${entering}/start`, {});
    const delegate = (person: string, id: string, to: string) =>
      as(person, 'POST', `/v1/work-items/${id}/delegate`, { to });
    expect(await delegate('bert', entering, 'bert')).toMatchObject({
      status: 409,
      body: { code: 'Knhk.WorkItemTaken' },
    });
    expect(await delegate('anna', entering, 'carl')).toMatchObject({
      status: 403,
      body: { code: 'Knhk.WorkerNotAllowed' },
    });
    expect(await delegate('anna', entering, 'bert')).toMatchObject({ status: 200, body: { worker: 'bert' } });
    expect((await as('anna', 'POST', `/v1/work-items/${entering}/complete`, {})).status).toBe(409);
    expect((await as('bert', 'POST', `/v1/work-items/${entering}/complete`, {})).status).toBe(204);
    const approving = await open('Approve');
    await as('dora', 'POST', `/v1/work-items/${approving}/start`, {});
    expect(await delegate('dora', approving, 'bert')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('did the state "Enter"') },
    });
    expect((await delegate('dora', approving, 'anna')).status).toBe(200);
    expect((await as('anna', 'POST', `/v1/work-items/${approving}/complete`, { output: 'ok' })).status).toBe(204);
  });
});
