import { mkdtempSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AesSecretBox } from '../../../lib/adapters/aes-secret-box.ts';
import { KeyFile } from '../../../lib/adapters/system/index.ts';
import { secretBoxContract } from '../../contracts/secret-box.ts';

const path = () => join(mkdtempSync(join(tmpdir(), 'knhk-keys-')), 'secrets.key');

secretBoxContract('a key file', async () => new AesSecretBox(new KeyFile(path())));

it('only its owner may read it, and it is made once however many need it', async () => {
  const file = path();
  const keys = await Promise.all(Array.from({ length: 8 }, () => new KeyFile(file).current()));
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const sealed = await new AesSecretBox(new KeyFile(file)).seal('a secret', 'test');
  expect(await new AesSecretBox(new KeyFile(file)).open(sealed, 'test')).toBe('a secret');
  expect((await readFile(file, 'utf8')).length).toBeLessThan(200);
});

it('a file that it did not write is not overwritten, nor taken for a key', async () => {
  const file = path();
  await writeFile(file, '{"id":"short","key":"AAAA"}');
  await expect(new KeyFile(file).current()).rejects.toThrow('Restore');
  expect(await readFile(file, 'utf8')).toBe('{"id":"short","key":"AAAA"}');
});
