import { createHash } from 'node:crypto';
import {
  NoSuchObject,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRef,
  type ObjectStore,
  ObjectTooLarge,
} from '../../ports/object-store.ts';
import { byCodePoint } from './code-point-order.ts';

interface StoredObject {
  readonly content: Uint8Array;
  readonly modifiedAt: number;
}

const PAGE = 1_000;

/** Buckets that are gone with the process. */
export class MemoryObjectStore implements ObjectStore {
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  readonly #now: () => number;

  /** `now`: ms since the epoch. */
  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  createBucket(name: string): void {
    if (!this.#buckets.has(name)) this.#buckets.set(name, new Map());
  }

  async get(object: ObjectRef, maxBytes: number): Promise<Uint8Array> {
    const found = this.#objectsIn(object.bucket).get(object.key);
    if (found === undefined) {
      throw new NoSuchObject('NoSuchKey', `The object ${object.key} does not exist in ${object.bucket}.`);
    }
    if (found.content.byteLength > maxBytes) throw new ObjectTooLarge(object, found.content.byteLength);
    return found.content;
  }

  async list({ bucket, prefix = '', after }: ObjectQuery): Promise<ObjectPage> {
    const keys = [...this.#objectsIn(bucket)]
      .filter(([key]) => key.startsWith(prefix) && (after === undefined || byCodePoint(key, after) > 0))
      .sort(([a], [b]) => byCodePoint(a, b));
    const items = keys.slice(0, PAGE).map(([key, { content, modifiedAt }]) => ({
      key,
      size: content.byteLength,
      modifiedAt,
      etag: `"${createHash('md5').update(content).digest('hex')}"`,
      storageClass: 'STANDARD',
    }));
    const last = items.at(-1);
    return keys.length > PAGE && last !== undefined ? { items, next: last.key } : { items };
  }

  async put({ bucket, key }: ObjectRef, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
    this.#objectsIn(bucket).set(key, { content: bytes, modifiedAt: this.#now() });
  }

  #objectsIn(bucket: string): Map<string, StoredObject> {
    const objects = this.#buckets.get(bucket);
    if (objects === undefined) throw new NoSuchObject('NoSuchBucket', `The bucket ${bucket} does not exist.`);
    return objects;
  }
}
