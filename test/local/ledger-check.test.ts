import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { call, folderForTest, knhk, serveForTest } from './knhk-process.ts';

const definition = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };

async function seal(url: string, name: string): Promise<void> {
  await call(url, 'PUT', '/v1/workflows/done', { definition });
  await call(url, 'POST', '/v1/workflows/done/executions?wait=10', { name });
  await vi.waitFor(async () => expect(await call(url, 'POST', '/v1/ledger/seal')).toEqual({ closings: 1 }));
}

test('A ledger goes on from a head that was kept; one that the same key has signed beside it does not', async ({
  onTestFinished,
}) => {
  const [folder, other] = [await folderForTest(onTestFinished), await folderForTest(onTestFinished)];
  const { url } = await serveForTest(onTestFinished, ['--data-dir', folder]);
  await seal(url, 'first');
  const [head, key] = [join(folder, 'head.json'), join(folder, 'key.pem')];
  await writeFile(head, (await knhk('ledger', 'show', '--json', '--url', url)).out);
  await writeFile(key, (await knhk('ledger', 'key', '--url', url)).out);
  await seal(url, 'second');
  const check = (kept: string, from: string) => knhk('ledger', 'check', kept, '--key', key, '--url', from);
  expect(await check(head, url)).toMatchObject({ code: 0, out: expect.stringContaining('GOES ON, to 2 periods') });

  const forged = join(folder, 'forged.json');
  const text = await readFile(head, 'utf8');
  await writeFile(forged, JSON.stringify({ ...JSON.parse(text), at: 1 }));
  expect(await check(forged, url)).toMatchObject({ code: 2, out: expect.stringContaining('is not what the key') });
  expect(await check(key, url)).toMatchObject({ code: 1, err: expect.stringContaining('Knhk.HeadInvalid') });

  await copyFile(join(folder, 'ledger.key'), join(other, 'ledger.key'));
  const second = await serveForTest(onTestFinished, ['--data-dir', other]);
  expect(await check(head, second.url)).toMatchObject({
    code: 2,
    out: 'DOES NOT GO ON: The ledger has 0 periods, and had 1.\n',
  });
  await seal(second.url, 'first');
  expect(await check(head, second.url)).toMatchObject({
    code: 2,
    out: 'DOES NOT GO ON: The ledger of 1 periods does not go on from the one of 1.\n',
  });
});
