import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ListedObject,
  NoSuchObject,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRef,
  type ObjectStore,
  ObjectStoreError,
  ObjectTooLarge,
} from '../../ports/object-store.ts';

const PAGE = 1_000;
/** Where files are written before they get their name. No bucket: their names begin with a letter or a digit. */
const UNFINISHED = '.unfinished';

/**
 * Buckets as folders of one machine: the object `k/e/y` of the bucket `b` is the file `b/k/e/y`. It knows neither
 * versions nor owners; the ETag of an object tells its size and when it was written, not its content.
 */
export class FolderObjectStore implements ObjectStore {
  readonly #root: string;

  /** `root`: the folder in which each folder is a bucket. */
  constructor(root: string) {
    this.#root = root;
  }

  async get(object: ObjectRef, maxBytes: number): Promise<Uint8Array> {
    if (object.versionId !== undefined) {
      throw new ObjectStoreError('NotImplemented', 'A folder keeps no versions of its files; leave out VersionId.');
    }
    const path = this.#pathOf(object);
    const found = await stat(path).catch((error: unknown) => missing(error));
    if (found === undefined || !found.isFile()) throw await this.#noSuchKey(object);
    if (found.size > maxBytes) throw new ObjectTooLarge(object, found.size);
    return readFile(path);
  }

  async list({ bucket, prefix = '', after }: ObjectQuery): Promise<ObjectPage> {
    await this.#requireBucket(bucket);
    const items: ListedObject[] = [];
    for await (const key of keysIn(this.#bucketPath(bucket), '', prefix, after ?? '')) {
      const last = items.at(-1);
      if (items.length === PAGE && last !== undefined) return { items, next: last.key };
      const found = await stat(join(this.#bucketPath(bucket), key)).catch((error: unknown) => missing(error));
      // Removed since its folder was read.
      if (found !== undefined) items.push(listed(key, found.size, found.mtimeMs));
    }
    return { items };
  }

  async put(object: ObjectRef, content: string | Uint8Array): Promise<void> {
    await this.#requireBucket(object.bucket);
    const path = this.#pathOf(object);
    const unfinished = join(this.#root, UNFINISHED, randomUUID());
    await mkdir(dirname(unfinished), { recursive: true });
    try {
      const file = await open(unfinished, 'wx');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await mkdir(dirname(path), { recursive: true });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw cannotWrite(object, error);
    }
  }

  async #noSuchKey(object: ObjectRef): Promise<NoSuchObject> {
    await this.#requireBucket(object.bucket);
    return new NoSuchObject('NoSuchKey', `The object ${object.key} does not exist in ${object.bucket}.`);
  }

  async #requireBucket(bucket: string): Promise<void> {
    const path = this.#bucketPath(bucket);
    const found = await stat(path).catch((error: unknown) => missing(error));
    if (found?.isDirectory() !== true) {
      throw new NoSuchObject('NoSuchBucket', `The bucket ${bucket} does not exist; make the folder ${path}.`);
    }
  }

  #bucketPath(bucket: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(bucket)) return join(this.#root, bucket);
    throw new ObjectStoreError(
      'InvalidBucketName',
      `'${bucket}' is no name of a bucket: use up to 63 letters, digits, dots and hyphens.`,
    );
  }

  #pathOf({ bucket, key }: ObjectRef): string {
    const names = key.split('/');
    if (names.every((name) => name !== '' && name !== '.' && name !== '..' && !/[\0\\]/.test(name))) {
      return join(this.#bucketPath(bucket), ...names);
    }
    throw new ObjectStoreError(
      'InvalidKey',
      `'${key}' is no key of a file: it may have no empty part, no '.' or '..', no backslash and no NUL.`,
    );
  }
}

function listed(key: string, size: number, mtimeMs: number): ListedObject {
  const digest = createHash('md5').update(`${size} ${mtimeMs}`).digest('hex');
  return { key, size, modifiedAt: Math.floor(mtimeMs), etag: `"${digest}"`, storageClass: 'STANDARD' };
}

/** Keys of the files below a folder that begin with `prefix` and come after `after`, in the order of their UTF-8 bytes. */
async function* keysIn(root: string, folder: string, prefix: string, after: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const keys = entries
    // A folder stands where its files do: as if its name ended with a slash.
    .map((entry) => ({ key: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`, entry }))
    .sort((a, b) => compareBytes(a.key, b.key));
  for (const { key, entry } of keys) {
    if (entry.isDirectory()) {
      const mayMatch = key.startsWith(prefix) || prefix.startsWith(key);
      if (mayMatch && (after.startsWith(key) || compareBytes(key, after) > 0)) yield* keysIn(root, key, prefix, after);
    } else if (entry.isFile() && key.startsWith(prefix) && compareBytes(key, after) > 0) yield key;
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `undefined` for a file that does not exist. */
function missing(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
  throw error instanceof Error
    ? new ObjectStoreError(String(code ?? error.name), error.message, { cause: error })
    : error;
}

function cannotWrite({ bucket, key }: ObjectRef, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : error.name;
  return new ObjectStoreError(code, `The object ${key} cannot be written to ${bucket}: ${error.message}.`, {
    cause: error,
  });
}
