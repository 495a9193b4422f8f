import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type SecretBox, SecretNotOpened } from '../ports/secret-box.ts';

/** Keys of 32 bytes, by id. An id contains no dot. */
export interface SealingKeys {
  /** The one that new secrets are sealed with. */
  current(): Promise<SealingKey>;
  /** `undefined`: it is no longer there. */
  find(id: string): Promise<SealingKey | undefined>;
}

export interface SealingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

const ALGORITHM = 'aes-256-gcm';
/** Random; one key may seal some 2^32 secrets before two of them are likely to meet (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. A sealed text is `<id of the key>.<nonce, ciphertext and tag in base64url>`; the purpose is authenticated with it. */
export class AesSecretBox implements SecretBox {
  readonly #keys: SealingKeys;

  constructor(keys: SealingKeys) {
    this.#keys = keys;
  }

  async seal(secret: string, purpose: string): Promise<string> {
    const key = await this.#keys.current();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key.bytes, nonce).setAAD(Buffer.from(purpose));
    const parts = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `${key.id}.${Buffer.concat(parts).toString('base64url')}`;
  }

  async open(sealed: string, purpose: string): Promise<string> {
    const [id = '', text = ''] = sealed.split('.');
    const key = await this.#keys.find(id);
    if (key === undefined)
      throw new SecretNotOpened(`Issue the key anew: what sealed it, "${id}", is no longer there.`);
    const bytes = Buffer.from(text, 'base64url');
    try {
      const decipher = createDecipheriv(ALGORITHM, key.bytes, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES));
      const secret = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([secret, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new SecretNotOpened('Issue the key anew: what is stored of it has been changed.', { cause });
    }
  }
}
