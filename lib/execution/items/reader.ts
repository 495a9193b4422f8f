import { isJsonArray, type Json, type JsonObject } from '../../model/json.ts';
import type { ItemSet, ItemSource } from '../../model/plan.ts';
import type { ItemOrigin } from '../../ports/item-storage.ts';
import { type ListedObject, type ObjectRef, type ObjectStore, ObjectTooLarge } from '../../ports/object-store.ts';
import { decompressed, tooMuch } from './decompress.ts';
import { itemsIn, sizeOf } from './file-items.ts';
import { athenaParts, inventoryOf, rowsOfInventory } from './manifest.ts';
import { UnreadableItems } from './unreadable.ts';

/** What one map run may read into memory. */
export interface ReadLimits {
  /** Of all files together, decompressed. */
  readonly bytes: number;
  readonly items: number;
}

export interface ReadItems {
  readonly items: ItemSet;
  readonly origins: readonly ItemOrigin[];
}

/** Objects that are fetched at the same time, where there are many. */
const AT_ONCE = 16;

/** Reads the items of one map run. Everything throws `UnreadableItems` or `ObjectStoreError`. */
export class ItemReading {
  readonly #store: ObjectStore;
  readonly #source: ItemSource;
  readonly #limits: ReadLimits;
  readonly #signal: AbortSignal;
  /** Most items that are wanted. */
  readonly #most: number;
  #bytes = 0;

  constructor(store: ObjectStore, source: ItemSource, limits: ReadLimits, signal: AbortSignal) {
    const { maxItems = 0 } = source;
    if (maxItems < 0) throw new UnreadableItems('field MaxItems must be positive');
    this.#store = store;
    this.#source = source;
    this.#limits = limits;
    this.#signal = signal;
    this.#most = maxItems === 0 ? Number.POSITIVE_INFINITY : maxItems;
  }

  async read(): Promise<ReadItems> {
    const found = await this.#read();
    if (sizeOf(found.items) > this.#limits.items) {
      throw new UnreadableItems(
        `The source has more than ${this.#limits.items} items, the most that one map run may have. Set MaxItems, or split the source and map over its parts.`,
      );
    }
    return found;
  }

  #read(): Promise<ReadItems> {
    const { resource, inputType, manifestType } = this.#source;
    if (resource.endsWith(':s3:listObjectsV2')) return this.#readListing();
    if (!resource.endsWith(':s3:getObject')) {
      throw new UnreadableItems(`Items cannot be read with ${resource}; use s3:getObject or s3:listObjectsV2.`);
    }
    if (manifestType === 'ATHENA_DATA') return this.#readAthena();
    if (manifestType === 'S3_INVENTORY' || inputType === 'MANIFEST') return this.#readInventory();
    return this.#readObject();
  }

  async #readObject(): Promise<ReadItems> {
    const object = objectIn(this.#source.arguments);
    const items = await itemsIn(await this.#fetch(object), this.#source, this.#wanted(0));
    return { items, origins: [{ uri: uriOf(object), count: sizeOf(items) }] };
  }

  async #readInventory(): Promise<ReadItems> {
    const manifest = objectIn(this.#source.arguments);
    const { parts, columns } = inventoryOf(await this.#fetch(manifest), manifest.bucket);
    return this.#gather(parts, (content, most) => Promise.resolve(rowsOfInventory(content, columns, most)));
  }

  async #readAthena(): Promise<ReadItems> {
    const parts = athenaParts(await this.#fetch(objectIn(this.#source.arguments)));
    return this.#gather(parts, async (content, most) => asList(await itemsIn(content, this.#source, most)));
  }

  async #readListing(): Promise<ReadItems> {
    const bucket = textIn(this.#source.arguments, 'Bucket');
    const loads = this.#source.transformation === 'LOAD_AND_FLATTEN';
    // What is loaded may have many items each, or none.
    const listing = await this.#list(bucket, loads ? Number.POSITIVE_INFINITY : this.#wanted(0));
    if (!loads) {
      return { items: listing.map(itemOf), origins: [{ uri: `S3://${bucket}`, count: listing.length }] };
    }
    const owner = ownerIn(this.#source.arguments);
    // Consoles make empty objects with such names to show folders.
    const files = listing.filter(({ key }) => !key.endsWith('/')).map(({ key }) => ({ bucket, key, ...owner }));
    return this.#gather(files, async (content, most) => asList(await itemsIn(content, this.#source, most)));
  }

  async #list(bucket: string, most: number): Promise<readonly ListedObject[]> {
    const prefix = this.#source.arguments['Prefix'];
    const query = {
      bucket,
      ...(typeof prefix === 'string' ? { prefix } : {}),
      ...ownerIn(this.#source.arguments),
    };
    const found: ListedObject[] = [];
    let after: string | undefined;
    do {
      this.#signal.throwIfAborted();
      const page = await this.#store.list(after === undefined ? query : { ...query, after });
      found.push(...page.items);
      after = page.next;
    } while (after !== undefined && found.length < most);
    return found.length > most ? found.slice(0, most) : found;
  }

  /** The items of many files, one file after the other. */
  async #gather(
    files: readonly ObjectRef[],
    itemsOf: (content: Uint8Array, most: number) => Promise<readonly Json[]>,
  ): Promise<ReadItems> {
    const items: Json[] = [];
    const origins: ItemOrigin[] = [];
    for (let first = 0; first < files.length && this.#wanted(items.length) > 0; first += AT_ONCE) {
      const group = files.slice(first, first + AT_ONCE);
      const contents = await Promise.all(group.map((file) => this.#fetch(file)));
      for (const [index, file] of group.entries()) {
        const content = contents[index];
        const most = this.#wanted(items.length);
        if (content === undefined || most <= 0) break;
        const found = await itemsOf(content, most).catch((error: unknown) => {
          throw error instanceof UnreadableItems ? new UnreadableItems(`${uriOf(file)}: ${error.message}`) : error;
        });
        for (const item of found) items.push(item);
        if (found.length > 0) origins.push({ uri: uriOf(file), count: found.length });
      }
    }
    return { items, origins };
  }

  /** How many items are wanted besides those that are there: never many more than the limit, which is then told. */
  #wanted(there: number): number {
    return Math.min(this.#most, this.#limits.items + 1) - there;
  }

  async #fetch(object: ObjectRef): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    const left = this.#limits.bytes - this.#bytes;
    try {
      const content = decompressed(await this.#store.get(object, left), left);
      this.#bytes += content.byteLength;
      if (this.#bytes > this.#limits.bytes) throw tooMuch(this.#limits.bytes);
      return content;
    } catch (error) {
      throw error instanceof ObjectTooLarge ? tooMuch(this.#limits.bytes) : error;
    }
  }
}

/** Of files that are flattened into one list, each object is one item. */
function asList(items: ItemSet): readonly Json[] {
  return isJsonArray(items) ? items : [items];
}

function uriOf({ bucket, key }: ObjectRef): string {
  return `S3://${bucket}/${key}`;
}

/** A listed object as an item: the names and types that Step Functions gives, moments in seconds. */
function itemOf({ etag, key, modifiedAt, size, storageClass }: ListedObject): JsonObject {
  return {
    Etag: etag,
    Key: key,
    LastModified: Math.floor(modifiedAt / 1000),
    Size: size,
    StorageClass: storageClass,
  };
}

function objectIn(args: JsonObject): ObjectRef {
  const { VersionId: versionId } = args;
  return {
    bucket: textIn(args, 'Bucket'),
    key: textIn(args, 'Key'),
    ...(typeof versionId === 'string' ? { versionId } : {}),
    ...ownerIn(args),
  };
}

function ownerIn({ ExpectedBucketOwner: owner }: JsonObject) {
  return typeof owner === 'string' ? { expectedBucketOwner: owner } : {};
}

function textIn(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UnreadableItems(`The field '${name}' of the ItemReader must be a text, but is ${JSON.stringify(value)}.`);
}
