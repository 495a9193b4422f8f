import type { KMSClient } from '@aws-sdk/client-kms';
import type { Signature, Signer } from '../../ports/signer.ts';

export interface KmsSignerOptions {
  readonly client: () => Promise<KMSClient>;
  /** A key for signing, ECC_NIST_P256. */
  readonly keyArn: string;
}

/** A key that never leaves KMS; each signature is on record in CloudTrail. */
export class KmsSigner implements Signer {
  readonly #options: KmsSignerOptions;
  #publicKey: Promise<string> | undefined;

  constructor(options: KmsSignerOptions) {
    this.#options = options;
  }

  async sign(text: string): Promise<Signature> {
    const { SignCommand } = await import('@aws-sdk/client-kms');
    const client = await this.#options.client();
    const { Signature: bytes } = await client.send(
      new SignCommand({
        KeyId: this.#options.keyArn,
        Message: Buffer.from(text),
        MessageType: 'RAW',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    );
    if (bytes === undefined) throw new Error(`KMS did not sign with ${this.#options.keyArn}.`);
    return { algorithm: 'ECDSA-P256-SHA256', value: Buffer.from(bytes).toString('base64url') };
  }

  publicKey(): Promise<string> {
    this.#publicKey ??= this.#read().catch((error: unknown) => {
      this.#publicKey = undefined;
      throw error;
    });
    return this.#publicKey;
  }

  async #read(): Promise<string> {
    const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
    const client = await this.#options.client();
    const { PublicKey: der } = await client.send(new GetPublicKeyCommand({ KeyId: this.#options.keyArn }));
    if (der === undefined) throw new Error(`KMS did not show the public key of ${this.#options.keyArn}.`);
    const lines =
      Buffer.from(der)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
  }
}
