import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderObjectStore } from '../../../lib/adapters/system/index.ts';
import { describeObjectStore } from '../../contracts/object-store.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'knhk-objects-'));

describeObjectStore('folder', async () => {
  const root = await newFolder();
  return {
    store: new FolderObjectStore(root),
    createBucket: async (name) => void (await mkdir(join(root, name))),
    close: () => rm(root, { recursive: true }),
  };
});

describe('FolderObjectStore', () => {
  let root: string;
  let store: FolderObjectStore;
  beforeAll(async () => {
    root = await newFolder();
    await mkdir(join(root, 'inside', 'b'), { recursive: true });
    await writeFile(join(root, 'secret'), 'secret');
    store = new FolderObjectStore(join(root, 'inside'));
  });
  afterAll(() => rm(root, { recursive: true }));

  test.each(['', '../../secret', 'a/../../../secret', './a', 'a//b', '/etc/passwd', 'a/', 'a\\..\\b', 'a\0'])(
    'refuses the key %j',
    async (key) => {
      await expect(store.get({ bucket: 'b', key }, 100)).rejects.toMatchObject({ code: 'InvalidKey' });
      await expect(store.put({ bucket: 'b', key }, '')).rejects.toMatchObject({ code: 'InvalidKey' });
    },
  );

  test.each(['', '..', '.', '.unfinished', 'b/..', '../inside/b'])('refuses the bucket %j', async (bucket) => {
    await expect(store.get({ bucket, key: 'k' }, 100)).rejects.toMatchObject({ code: 'InvalidBucketName' });
    await expect(store.list({ bucket })).rejects.toMatchObject({ code: 'InvalidBucketName' });
    await expect(store.put({ bucket, key: 'k' }, '')).rejects.toMatchObject({ code: 'InvalidBucketName' });
  });

  test('a key below a file cannot be written, and nothing is left behind', async () => {
    await store.put({ bucket: 'b', key: 'file' }, '1');
    await expect(store.put({ bucket: 'b', key: 'file/below' }, '2')).rejects.toThrow(
      /file\/below cannot be written to b/,
    );
    expect(await readdir(join(root, 'inside', '.unfinished'))).toEqual([]);
  });

  test('it has no versions', async () => {
    await expect(store.get({ bucket: 'b', key: 'k', versionId: '1' }, 100)).rejects.toThrow(/leave out VersionId/);
  });
});
