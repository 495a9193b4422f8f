import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { TestContext } from 'vitest';

interface IssuerKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly sign: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  readonly shown: JWK;
}

/** An issuer of tokens as OpenID Connect describes it, with its keys behind a real port. */
export class Issuer {
  readonly url: string;
  readonly #requests: string[] = [];
  #keys: readonly IssuerKey[] = [];
  #isDown = false;

  private constructor(url: string) {
    this.url = url;
  }

  static async start(cleanup: TestContext['onTestFinished']): Promise<Issuer> {
    const server = createServer((request, response) => {
      const body = issuer.#answer(request.url ?? '');
      response.writeHead(body === undefined ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Asserted: a server that listens on a TCP port has such an address.
    const issuer = new Issuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/tenants/one`);
    cleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    await issuer.rotate('first');
    return issuer;
  }

  /** How often the keys were fetched. */
  get fetches(): number {
    return this.#requests.filter((path) => path.endsWith('/keys')).length;
  }

  set isDown(isDown: boolean) {
    this.#isDown = isDown;
  }

  /** From now on tokens are signed with a new key, and the others are withdrawn. */
  async rotate(kid: string, algorithm = 'ES256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    this.#keys = [{ kid, algorithm, sign: privateKey, shown: { ...(await exportJWK(publicKey)), kid } }];
  }

  token(
    claims: JWTPayload,
    { expires = '5m', kid }: { expires?: string | number; kid?: string } = {},
  ): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('The issuer has no key.');
    return new SignJWT({ iss: this.url, aud: 'knhk', sub: 'anna', ...claims })
      .setProtectedHeader({ alg: key.algorithm, kid: kid ?? key.kid })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(key.sign);
  }

  #answer(path: string): object | undefined {
    this.#requests.push(path);
    if (this.#isDown) return undefined;
    if (path.endsWith('/.well-known/openid-configuration')) return { issuer: this.url, jwks_uri: `${this.url}/keys` };
    return { keys: this.#keys.map(({ shown }) => shown) };
  }
}
