import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Signature, Signer } from '../../ports/signer.ts';
import { readOrMake } from './owners-file.ts';

interface Keys {
  readonly secret: KeyObject;
  /** SPKI, as PEM. */
  readonly public: string;
}

/** An Ed25519 key (PKCS #8, PEM) in a file that its owner alone may read; made when it is first needed. */
export class SigningKeyFile implements Signer {
  readonly #path: string;
  #keys?: Promise<Keys>;

  constructor(path: string) {
    this.#path = path;
  }

  async sign(text: string): Promise<Signature> {
    const keys = await this.#open();
    return { algorithm: 'Ed25519', value: sign(null, Buffer.from(text), keys.secret).toString('base64url') };
  }

  async publicKey(): Promise<string> {
    return (await this.#open()).public;
  }

  #open(): Promise<Keys> {
    this.#keys ??= this.#readOrMake();
    return this.#keys;
  }

  async #readOrMake(): Promise<Keys> {
    const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const text = await readOrMake(this.#path, made);
    try {
      const secret = createPrivateKey(text);
      if (secret.asymmetricKeyType !== 'ed25519') throw new Error(`It is of type ${secret.asymmetricKeyType}.`);
      return { secret, public: createPublicKey(secret).export({ type: 'spki', format: 'pem' }).toString() };
    } catch (cause) {
      throw new Error(`Restore ${this.#path} from a backup: it is not the key that the engine wrote.`, { cause });
    }
  }
}
