import { createHash, timingSafeEqual } from 'node:crypto';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { SecretBox } from '../../ports/secret-box.ts';
import type { Principal } from './principal.ts';
import { parseScope } from './scope.ts';

/** `apiKey`: sent with each request. `accessKey`: signs requests (Signature Version 4). */
export type KeyKind = 'accessKey' | 'apiKey';

/** What is told of a key; its secret is told once, when it is made. */
export interface KeyDescription {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** As in `executions:start:orders-*`. */
  readonly scopes: readonly string[];
  readonly tenant?: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Subject of the principal that made it. */
  readonly createdBy: string;
  /** ms since the epoch; from then on it is refused. Absent: never. */
  readonly expiresAt?: number;
}

export type NewKey = Omit<KeyDescription, 'createdAt' | 'id'>;

export interface KeyRegistryParts {
  readonly store: KeyValueStore;
  /** For the secrets of access keys; absent: there are no access keys. */
  readonly box?: SecretBox;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** How long a process may go on accepting a key that another one has revoked, ms. */
export const KEY_FRESH_MS = 30_000;
/** Keys that a process remembers. */
const MAX_CACHED = 1_000;
const COLLECTIONS: Readonly<Record<KeyKind, string>> = { accessKey: 'access-keys', apiKey: 'api-keys' };
const API_KEY = /^knhk_([0-9a-f]{16})_[\w-]{43}$/;

interface Kept extends KeyDescription {
  /** SHA-256 of an API key, or the sealed secret of an access key. */
  readonly proof: string;
}

/**
 * Keys that the engine itself issues. Of an API key only its SHA-256 is kept: that is enough, since its secret is 256
 * random bits. Slow hashes are for what people make up, and would cost a hundred milliseconds with each request. The
 * secret of an access key has to be known to check a signature, so it is kept encrypted.
 */
export class KeyRegistry {
  readonly #parts: KeyRegistryParts;
  readonly #cache = new Map<string, { readonly key: Kept; readonly readAt: number }>();
  readonly #opened = new Map<string, string>();

  constructor(parts: KeyRegistryParts) {
    this.#parts = parts;
  }

  /** Whether access keys can be kept. */
  get hasAccessKeys(): boolean {
    return this.#parts.box !== undefined;
  }

  /** `secret`: the whole key, `knhk_<id>_<256 random bits>`. */
  async createApiKey(wanted: NewKey): Promise<KeyDescription & { readonly secret: string }> {
    const id = this.#random(2).toString('hex');
    const secret = `knhk_${id}_${this.#random(8).toString('base64url')}`;
    return { ...(await this.#keep('apiKey', id, wanted, sha256(secret).toString('hex'))), secret };
  }

  /** `secret`: the secret access key; `id`: the access key id, in the form that clients of AWS expect. */
  async createAccessKey(wanted: NewKey): Promise<KeyDescription & { readonly secret: string }> {
    const { box } = this.#parts;
    if (box === undefined) throw new Error('This engine has no place for the secrets of access keys.');
    const id = `KNHK${this.#random(2).toString('hex').toUpperCase()}`;
    const secret = this.#random(8).toString('base64url');
    return { ...(await this.#keep('accessKey', id, wanted, await box.seal(secret, purposeOf(id)))), secret };
  }

  /** Whose API key this is; `undefined`: nobody's. @throws ExpiredKey */
  async principalOf(apiKey: string): Promise<Principal | undefined> {
    const [, id] = API_KEY.exec(apiKey) ?? [];
    const key = id === undefined ? undefined : await this.#find('apiKey', id);
    if (key === undefined || !timingSafeEqual(sha256(apiKey), Buffer.from(key.proof, 'hex'))) return undefined;
    this.#checkExpiry(key);
    return principal('apiKey', key);
  }

  /** Whose access key this is, and its secret; `undefined`: nobody's. @throws ExpiredKey, SecretNotOpened */
  async accessKey(id: string): Promise<{ readonly principal: Principal; readonly secret: string } | undefined> {
    const { box } = this.#parts;
    const key = box === undefined ? undefined : await this.#find('accessKey', id);
    if (box === undefined || key === undefined) return undefined;
    this.#checkExpiry(key);
    let secret = this.#opened.get(key.proof);
    if (secret === undefined) {
      secret = await box.open(key.proof, purposeOf(id));
      remember(this.#opened, key.proof, secret);
    }
    return { principal: principal('accessKey', key), secret };
  }

  async list(kind: KeyKind, limit: number, after?: string): Promise<Page<KeyDescription>> {
    const query = { limit, ...(after === undefined ? {} : { after }) };
    const { items, ...page } = await this.#parts.store.list(COLLECTIONS[kind], query);
    return { ...page, items: items.flatMap(({ key, value }) => describe(read(key, value))) };
  }

  async find(kind: KeyKind, id: string): Promise<KeyDescription | undefined> {
    const record = await this.#parts.store.get(COLLECTIONS[kind], id);
    return record === undefined ? undefined : describe(read(id, record.value))[0];
  }

  /** Here at once, elsewhere within `KEY_FRESH_MS`. */
  async revoke(kind: KeyKind, id: string): Promise<void> {
    await this.#parts.store.delete(COLLECTIONS[kind], id, 'any');
    this.#cache.delete(cacheKey(kind, id));
  }

  async #find(kind: KeyKind, id: string): Promise<Kept | undefined> {
    const now = this.#parts.clock.now();
    const cached = this.#cache.get(cacheKey(kind, id));
    if (cached !== undefined && now - cached.readAt < KEY_FRESH_MS) return cached.key;
    const record = await this.#parts.store.get(COLLECTIONS[kind], id);
    const key = record === undefined ? undefined : read(id, record.value);
    if (key === undefined) this.#cache.delete(cacheKey(kind, id));
    else remember(this.#cache, cacheKey(kind, id), { key, readAt: now });
    return key;
  }

  async #keep(kind: KeyKind, id: string, wanted: NewKey, proof: string): Promise<KeyDescription> {
    const key: KeyDescription = { ...wanted, id, createdAt: this.#parts.clock.now() };
    const { id: _id, scopes, ...rest } = key;
    const kept = await this.#parts.store.put(COLLECTIONS[kind], id, { ...rest, scopes: [...scopes], proof }, 0);
    if (kept === 'conflict') throw new Error(`A key ${id} exists already: the random numbers are not random.`);
    return key;
  }

  #checkExpiry({ id, expiresAt }: Kept): void {
    if (expiresAt !== undefined && expiresAt <= this.#parts.clock.now()) throw new ExpiredKey(id);
  }

  #random(words: number): Buffer {
    return Buffer.from(Uint32Array.from({ length: words }, () => this.#parts.ids.random32()).buffer);
  }
}

/** The key was valid once. */
export class ExpiredKey extends Error {
  override readonly name = 'ExpiredKey';

  constructor(id: string) {
    super(`Use another key: ${id} has expired.`);
  }
}

function principal(kind: KeyKind, { id, name, tenant, scopes }: Kept): Principal {
  // Scopes of a later version that this one does not know allow nothing.
  const known = scopes.flatMap((scope) => parseScope(scope) ?? []);
  return { kind, subject: id, name, scopes: known, ...(tenant === undefined ? {} : { tenant }) };
}

function describe(key: Kept | undefined): readonly KeyDescription[] {
  if (key === undefined) return [];
  const { proof: _proof, ...description } = key;
  return [description];
}

/** `undefined`: it is not what `#keep` writes. */
function read(id: string, value: Json): Kept | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, scopes, tenant, createdAt, createdBy, expiresAt, proof } = value;
  if (typeof name !== 'string' || typeof createdBy !== 'string' || typeof proof !== 'string') return undefined;
  if (typeof createdAt !== 'number' || scopes === undefined || !isJsonArray(scopes)) return undefined;
  return {
    ...{ id, name, createdBy, createdAt, proof },
    scopes: scopes.filter((scope) => typeof scope === 'string'),
    ...(typeof tenant === 'string' ? { tenant } : {}),
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
  };
}

function purposeOf(id: string): string {
  return `access key ${id}`;
}

function cacheKey(kind: KeyKind, id: string): string {
  return `${kind} ${id}`;
}

/** Beyond the bound, whoever has been there longest goes. */
function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.delete(key);
  cache.set(key, value);
  const [oldest] = cache.keys();
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
