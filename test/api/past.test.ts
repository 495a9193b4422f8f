import { expect, test } from 'vitest';
import { startApi } from './running-api.ts';

const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Price',
  States: {
    Price: { Type: 'Pass', Assign: { price: 90 }, Next: 'Hold' },
    Hold: { Type: 'Wait', Seconds: 3600, End: true },
  },
};

test('An execution is shown as it was at a moment, and what changed up to it', async ({ onTestFinished }) => {
  const api = await startApi();
  onTestFinished(() => api.close());
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${api.url}/v1/workflows/hold${path}`, { method, headers, ...text });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  await ask('PUT', '', { definition });
  await ask('POST', '/executions', { name: 'e' });
  await ask('POST', '/executions/e/stop', {});
  const state = (query: string) => ask('GET', `/executions/e/state?${query}`);

  expect(await state('at=4')).toMatchObject({
    status: 200,
    body: { status: 'RUNNING', variables: [{ values: { price: 90 } }] },
  });
  const { changes } = (await state('at=4&from=1')).body;
  expect(changes).toMatchObject({ entered: [{ state: 'Hold' }], variables: [{ name: 'price', after: 90 }] });
  expect((await state('')).body['status']).toBe('ABORTED');
  for (const query of ['at=99', 'at=commit:99', 'at=0', 'at=tomorrow', 'at=2000-01-01T00:00:00Z', 'at=2&from=4']) {
    expect(await state(query), query).toMatchObject({ status: 400, body: { code: 'Knhk.MomentInvalid' } });
  }
});
