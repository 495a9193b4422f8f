import { createHash } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SealingKey, SealingKeys } from '../aes-secret-box.ts';

/** How long a rotation of the secret may take to be seen, ms. */
const FRESH_MS = 15 * 60_000;

export interface SecretsManagerKeysOptions {
  readonly client: () => Promise<SecretsManagerClient>;
  readonly secretArn: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/**
 * The versions of a secret, which Secrets Manager keeps encrypted under a KMS key: each read is a decryption there, and
 * is on record in CloudTrail. A version is a key as long as Secrets Manager keeps it; after a rotation that is the
 * current one and the one before.
 */
export class SecretsManagerKeys implements SealingKeys {
  readonly #options: SecretsManagerKeysOptions;
  readonly #byId = new Map<string, SealingKey>();
  #current?: { readonly key: SealingKey; readonly readAt: number };

  constructor(options: SecretsManagerKeysOptions) {
    this.#options = options;
  }

  async current(): Promise<SealingKey> {
    const now = this.#options.now();
    if (this.#current === undefined || now - this.#current.readAt > FRESH_MS) {
      const key = await this.#read(undefined);
      if (key === undefined) throw new Error(`The secret ${this.#options.secretArn} has no value.`);
      this.#current = { key, readAt: now };
    }
    return this.#current.key;
  }

  async find(id: string): Promise<SealingKey | undefined> {
    return this.#byId.get(id) ?? this.#read(id);
  }

  async #read(version: string | undefined): Promise<SealingKey | undefined> {
    const { GetSecretValueCommand, ResourceNotFoundException } = await import('@aws-sdk/client-secrets-manager');
    const client = await this.#options.client();
    const request = { SecretId: this.#options.secretArn, ...(version === undefined ? {} : { VersionId: version }) };
    const answer = await client.send(new GetSecretValueCommand(request)).catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    });
    if (!answer?.SecretString || !answer.VersionId) return undefined;
    // The secret is a long random text; its hash is a key of the right length.
    const bytes = createHash('sha256').update(answer.SecretString).digest();
    const key = { id: answer.VersionId, bytes };
    this.#byId.set(key.id, key);
    return key;
  }
}
