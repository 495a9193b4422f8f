import {
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ArchivedObject, ArchiveObject, ArchiveStore } from '../../ports/archive-store.ts';
import { inParallel } from './in-parallel.ts';
import { unavailable } from './unavailable.ts';

export interface S3ArchiveStoreOptions {
  readonly client: () => Promise<S3Client>;
  /** With versions, object lock and a default retention. */
  readonly bucket: string;
}

const PARALLEL = 8;

/** Objects in a bucket with object lock, each of which is put once. */
export class S3ArchiveStore implements ArchiveStore {
  readonly #options: S3ArchiveStoreOptions;

  constructor(options: S3ArchiveStoreOptions) {
    this.#options = options;
  }

  async put({ key, content, isHeld }: ArchiveObject): Promise<void> {
    try {
      const client = await this.#options.client();
      await client.send(
        new PutObjectCommand({
          Bucket: this.#options.bucket,
          Key: key,
          Body: content,
          ContentLength: content.byteLength,
          ContentType: 'application/gzip',
          // A bucket with a default retention takes nothing without a checksum.
          ChecksumAlgorithm: 'SHA256',
          // A second version would be kept, and paid for, as long as the first.
          IfNoneMatch: '*',
          ...(isHeld ? { ObjectLockLegalHoldStatus: 'ON' } : {}),
        }),
      );
    } catch (error) {
      if (error instanceof Error && error.name === 'PreconditionFailed') return;
      throw unavailable(error, 'S3');
    }
  }

  async list(prefix: string): Promise<readonly ArchivedObject[]> {
    const { bucket } = this.#options;
    const keys: string[] = [];
    let next: string | undefined;
    try {
      const client = await this.#options.client();
      do {
        const after = next === undefined ? {} : { ContinuationToken: next };
        const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...after }));
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
        next = page.NextContinuationToken;
      } while (next !== undefined);
      return await inParallel(keys, PARALLEL, (key) => this.#look(client, key));
    } catch (error) {
      throw unavailable(error, 'S3');
    }
  }

  async hold(key: string, isHeld: boolean): Promise<void> {
    try {
      const client = await this.#options.client();
      await client.send(
        new PutObjectLegalHoldCommand({
          Bucket: this.#options.bucket,
          Key: key,
          LegalHold: { Status: isHeld ? 'ON' : 'OFF' },
          ChecksumAlgorithm: 'SHA256',
        }),
      );
    } catch (error) {
      if (error instanceof NoSuchKey) return;
      throw unavailable(error, 'S3');
    }
  }

  async #look(client: S3Client, key: string): Promise<ArchivedObject> {
    const { bucket } = this.#options;
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const until = head.ObjectLockRetainUntilDate?.getTime();
    return {
      key,
      location: `s3://${bucket}/${key}`,
      bytes: head.ContentLength ?? 0,
      archivedAt: head.LastModified?.getTime() ?? 0,
      ...(until === undefined ? {} : { retainedUntil: until }),
      isHeld: head.ObjectLockLegalHoldStatus === 'ON',
    };
  }
}
