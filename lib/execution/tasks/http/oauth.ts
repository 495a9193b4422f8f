import { isJsonObject, type Json } from '../../../model/json.ts';
import { type Authorization, ConnectionUnusable } from '../../../ports/http-connections.ts';
import { exchange } from './exchange.ts';
import { formEncoded } from './form.ts';
import type { HttpPolicy } from './policy.ts';

type OAuth = Extract<Authorization, { kind: 'oauth' }>;

interface Token {
  readonly value: string;
  /** ms since the epoch. */
  readonly until: number;
}

const MOST_BYTES = 65_536;
/** A token is not used any more when it has this little left, ms. */
const RESERVE_MS = 30_000;
const DEFAULT_SECONDS = 3_600;

/** Access tokens by client credentials (RFC 6749, 4.4), kept until shortly before they expire. */
export class AccessTokens {
  readonly #tokens = new Map<string, Token>();
  readonly #policy: HttpPolicy;
  readonly #now: () => number;

  constructor(policy: HttpPolicy, now: () => number) {
    this.#policy = policy;
    this.#now = now;
  }

  /** @throws ConnectionUnusable, or what a call of the endpoint throws */
  async of(connection: string, oauth: OAuth, signal: AbortSignal): Promise<string> {
    const known = this.#tokens.get(connection);
    if (known !== undefined && known.until - RESERVE_MS > this.#now()) return known.value;
    const token = await this.#request(oauth, signal);
    this.#tokens.set(connection, token);
    return token.value;
  }

  /** The API did not take the token: the next call asks for another. */
  forget(connection: string): void {
    this.#tokens.delete(connection);
  }

  async #request({ endpoint, method, clientId, clientSecret, parameters }: OAuth, signal: AbortSignal): Promise<Token> {
    const url = new URL(endpoint);
    for (const [name, value] of Object.entries(parameters.query)) url.searchParams.set(name, value);
    const fields = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...parameters.body,
    };
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', ...parameters.headers });
    const body = formEncoded(fields, 'REPEAT');
    if (method !== 'GET') headers.set('content-length', String(Buffer.byteLength(body)));
    else for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    const request = { url, method, headers, ...(method === 'GET' ? {} : { body }) };
    const { status, body: answer } = await exchange(request, this.#policy, MOST_BYTES, signal);
    const token = status < 300 ? readToken(Buffer.from(answer).toString('utf8')) : undefined;
    if (token === undefined) {
      throw new ConnectionUnusable(
        'Events.ConnectionResource.InvalidConnectionState',
        `The authorization endpoint ${url.origin}${url.pathname} gave no access token, but answered with ${status}.`,
      );
    }
    return { value: token.value, until: this.#now() + token.seconds * 1000 };
  }
}

function readToken(text: string): { readonly value: string; readonly seconds: number } | undefined {
  let answer: Json;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(answer) || typeof answer['access_token'] !== 'string') return undefined;
  const seconds = Number(answer['expires_in'] ?? DEFAULT_SECONDS);
  return { value: answer['access_token'], seconds: Number.isFinite(seconds) ? seconds : DEFAULT_SECONDS };
}
