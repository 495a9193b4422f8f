import { randomBytes } from 'node:crypto';
import type { SealingKey, SealingKeys } from '../aes-secret-box.ts';
import { readOrMake } from './owners-file.ts';

const KEY_BYTES = 32;

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
    const made = { id: randomBytes(6).toString('hex'), key: randomBytes(KEY_BYTES).toString('base64') };
    return readKey(this.#path, await readOrMake(this.#path, `${JSON.stringify(made)}\n`));
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
