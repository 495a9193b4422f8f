import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startFauxqs } from 'fauxqs';
import { expect, test } from 'vitest';
import { openBuckets } from '../../lib/local/buckets.ts';
import { folderForTest } from './knhk-process.ts';

test('buckets are folders', async ({ onTestFinished }) => {
  const folder = await folderForTest(onTestFinished);
  await mkdir(join(folder, 'bucket'));
  const { store, close } = await openBuckets(folder, {});
  await store.put({ bucket: 'bucket', key: 'a/k' }, 'x');
  expect(await store.list({ bucket: 'bucket' })).toMatchObject({ items: [{ key: 'a/k', size: 1 }] });
  close();
});

test.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])('or those of S3, or of what %s names', async (variable) => {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('bucket');
  const { store, close } = await openBuckets('s3', { [variable]: server.address });
  await store.put({ bucket: 'bucket', key: 'k' }, 'x');
  expect(await store.list({ bucket: 'bucket' })).toMatchObject({ items: [{ key: 'k', size: 1 }] });
  close();
  await server.stop();
});
