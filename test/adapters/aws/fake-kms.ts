import { generateKeyPairSync, sign } from 'node:crypto';
import { FakeAws } from './services/fake-aws.ts';

/** The part of KMS that signs, over HTTP, with real keys. */
export class FakeKms {
  readonly requests: string[] = [];
  readonly #aws = new FakeAws();
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(keyArn: string) {
    const answer = (action: string, make: (body: Readonly<Record<string, string>>) => object) =>
      this.#aws.answers.set(`TrentService.${action}`, ({ body }) => {
        this.requests.push(action);
        const request = body as Readonly<Record<string, string>>;
        if (request['KeyId'] !== keyArn) return { status: 400, body: { __type: 'NotFoundException' } };
        return { body: make(request) };
      });
    answer('GetPublicKey', () => ({
      PublicKey: this.#keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    }));
    answer('Sign', ({ Message = '' }) => ({
      Signature: sign('sha256', Buffer.from(Message, 'base64'), this.#keys.privateKey).toString('base64'),
    }));
  }

  /** Base URL. */
  start(): Promise<string> {
    return this.#aws.start();
  }

  stop(): void {
    this.#aws.stop();
  }

  get publicKey(): string {
    return this.#keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }
}
