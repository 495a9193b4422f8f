import { expect, test } from 'vitest';
import { startApi } from '../api/running-api.ts';
import { call, knhk } from './knhk-process.ts';

const definition = { StartAt: 'Hold', States: { Hold: { Type: 'Wait', Seconds: 3600, End: true } } };

test('What is open, forked or aborted is not replayed, and it is said why', async ({ onTestFinished }) => {
  const api = await startApi();
  onTestFinished(() => api.close());
  const executions = '/v1/workflows/hold/executions';
  await call(api.url, 'PUT', '/v1/workflows/hold', { definition });
  await call(api.url, 'POST', executions, { name: 'open' });
  await call(api.url, 'POST', `${executions}/open/fork`, { name: 'forked' });
  await call(api.url, 'POST', executions, { name: 'stopped' });
  await call(api.url, 'POST', `${executions}/stopped/stop`, {});
  const answers = await Promise.all(
    ['open', 'forked', 'stopped'].map((name) => knhk('replay', `hold/${name}`, '--url', api.url)),
  );
  const because = ['it is open', 'was forked from', 'was aborted from outside'];
  for (const [index, reason] of because.entries()) {
    expect(answers[index]).toMatchObject({ code: 1, out: '', err: expect.stringContaining(reason) });
    expect(answers[index]?.err).toContain('Knhk.NotReplayable');
  }
});
