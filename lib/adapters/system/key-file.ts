import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SealingKey, SealingKeys } from '../aes-secret-box.ts';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/** One key in a file that its owner alone may read; made when it is first needed. */
export class KeyFile implements SealingKeys {
  readonly #path: string;
  #key?: Promise<SealingKey>;

  constructor(path: string) {
    this.#path = path;
  }

  current(): Promise<SealingKey> {
    this.#key ??= this.#readOrMake();
    return this.#key;
  }

  async find(id: string): Promise<SealingKey | undefined> {
    const key = await this.current();
    return key.id === id ? key : undefined;
  }

  async #readOrMake(): Promise<SealingKey> {
    await mkdir(dirname(this.#path), { recursive: true });
    const own = `${this.#path}.${randomBytes(6).toString('hex')}`;
    const made = { id: randomBytes(6).toString('hex'), key: randomBytes(KEY_BYTES).toString('base64') };
    await writeFile(own, `${JSON.stringify(made)}\n`, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    // A link appears whole, and only if there is no file yet.
    await link(own, this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(own);
    await chmod(this.#path, OWNER_ONLY);
    return readKey(this.#path, await readFile(this.#path, 'utf8'));
  }
}

function readKey(path: string, text: string): SealingKey {
  const content: unknown = JSON.parse(text);
  if (typeof content === 'object' && content !== null && 'id' in content && 'key' in content) {
    const { id, key } = content;
    const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : Buffer.alloc(0);
    if (typeof id === 'string' && bytes.length === KEY_BYTES) return { id, bytes };
  }
  throw new Error(`Restore ${path} from a backup: it is not the key file that the engine wrote.`);
}
