import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/** The text of a file that its owner alone may read; where there is none, it is made with this content first. */
export async function readOrMake(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, content, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  // A link appears whole, and only if there is no file yet.
  await link(own, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(own);
  await chmod(path, OWNER_ONLY);
  return readFile(path, 'utf8');
}
