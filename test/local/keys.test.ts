import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderForTest, KnhkProcess } from './knhk-process.ts';

test('keys on the command line: the first in the data folder, the others through the server', async ({
  onTestFinished,
}) => {
  const dataDir = await folderForTest(onTestFinished);
  const nowhere = { PORT: '1', KNHK_DATA_DIR: dataDir };
  const first = await new KnhkProcess(['keys', 'create', 'admin', '--scope', '*'], nowhere).ended();
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^knhk_[0-9a-f]{16}_[\w-]{43}\n$/) });
  const settings = { PORT: '0', KNHK_DATA_DIR: dataDir, KNHK_AUTH: 'api-keys,access-keys' };
  const server = new KnhkProcess(['serve'], settings);
  onTestFinished(async () => void (await server.stop('SIGTERM')));
  await server.said('listens on');
  expect(server.out).toContain('(this machine only, asks for api-keys or access-keys)');
  const KNHK_URL = /http:\/\/\S+/.exec(server.out)?.[0] ?? '';
  const run = (args: readonly string[], key = '') => {
    return new KnhkProcess(['keys', ...args], { KNHK_URL, KNHK_API_KEY: key }).ended();
  };
  const admin = first.out.trim();
  const [refused, made, wrong] = await Promise.all([
    run(['list']),
    run(['create', 'sdk', '--access', '--scope', 'executions:*:order-*', '--tenant', 'acme', '--json'], admin),
    run(['create', 'x', '--scope', 'orders:start'], admin),
  ]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('Set KNHK_API_KEY to an API key') });
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('Knhk.ScopeInvalid') });
  const key = JSON.parse(made.out);
  expect(key).toMatchObject({ id: expect.stringMatching(/^KNHK[0-9A-F]{16}$/), tenant: 'acme' });
  const [listed, revoked] = await Promise.all([run(['list'], admin), run(['revoke', key.id, '--access'], admin)]);
  expect(listed.out).toMatch(/^[0-9a-f]{16} {2}admin .*for ever {2}\*\n$/);
  expect(revoked).toMatchObject({ code: 0, out: expect.stringContaining('is revoked') });
  expect((await stat(join(dataDir, 'secrets.key'))).mode & 0o777).toBe(0o600);
});

test('another host than the loopback one needs authentication', async () => {
  const ended = await new KnhkProcess(['serve'], { KNHK_HOST: '0.0.0.0', PORT: '0' }).ended();
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('KNHK_AUTH') });
});
