import { expect, test } from 'vitest';
import { startApi } from './running-api.ts';

const waiting = (seconds: number) => ({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Wait', Seconds: seconds, End: true } },
});

test('Executions that are migrated to one definition have one revision, however often that is asked for', async ({
  onTestFinished,
}) => {
  const api = await startApi();
  onTestFinished(() => api.close());
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${api.url}/v1/workflows/wait${path}`, { method, headers, ...text });
    return (await response.json()) as Record<string, unknown>;
  };
  const migrate = (name: string, seconds: number, check = false) =>
    ask('POST', `/executions/${name}/migrate`, { definition: waiting(seconds), ...(check ? { check } : {}) });
  const revisionOf = async (name: string) => (await ask('GET', `/executions/${name}`))['revision'];

  await ask('PUT', '', { definition: waiting(3_600) });
  for (const name of ['a', 'b']) await ask('POST', '/executions', { name });
  const first = await revisionOf('a');
  expect(await migrate('a', 1_800, true)).toEqual({ outcome: 'fits' });
  for (const name of ['a', 'b']) expect(await migrate(name, 1_800)).toEqual({ outcome: 'migrated' });
  const second = await revisionOf('a');
  expect([second, await revisionOf('b')]).toEqual([expect.not.stringMatching(String(first)), second]);
  expect([await migrate('a', 1_800), await migrate('a', 1_800, true)]).toEqual([
    { outcome: 'same' },
    { outcome: 'same' },
  ]);
  expect(await migrate('a', 900)).toEqual({ outcome: 'migrated' });
  expect(await revisionOf('a')).not.toBe(second);
});
