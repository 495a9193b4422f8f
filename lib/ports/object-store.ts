/** Objects in buckets, as maps read their items from and write their results to: S3, or folders on one machine. */
export interface ObjectStore {
  /** @throws NoSuchObject, ObjectTooLarge if it has more than `maxBytes`, ObjectStoreError */
  get(object: ObjectRef, maxBytes: number): Promise<Uint8Array>;
  /** In order of key, at most 1,000 at a time. @throws NoSuchObject if the bucket does not exist, ObjectStoreError */
  list(query: ObjectQuery): Promise<ObjectPage>;
  /** Writes the object whole, or not at all. @throws ObjectStoreError */
  put(object: ObjectRef, content: string | Uint8Array): Promise<void>;
}

export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** Account that must own the bucket, where buckets have owners. */
  readonly expectedBucketOwner?: string;
}

export interface ObjectQuery {
  readonly bucket: string;
  readonly prefix?: string;
  readonly expectedBucketOwner?: string;
  /** `ObjectPage.next` of the page before. */
  readonly after?: string;
}

export interface ObjectPage {
  readonly items: readonly ListedObject[];
  readonly next?: string;
}

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** ms since the epoch. */
  readonly modifiedAt: number;
  readonly etag: string;
  readonly storageClass: string;
}

/** The store refused, or could not be reached; `code` is its own name for it, as in `AccessDenied`. */
export class ObjectStoreError extends Error {
  override readonly name: string = 'ObjectStoreError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `code`: `NoSuchBucket` or `NoSuchKey`. */
export class NoSuchObject extends ObjectStoreError {
  override readonly name = 'NoSuchObject';
}

export class ObjectTooLarge extends ObjectStoreError {
  override readonly name = 'ObjectTooLarge';
  /** Bytes. */
  readonly size: number;

  constructor(object: ObjectRef, size: number) {
    super('EntityTooLarge', `The object ${object.key} in ${object.bucket} has ${size} bytes.`);
    this.size = size;
  }
}
