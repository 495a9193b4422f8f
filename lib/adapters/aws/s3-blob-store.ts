import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from '../../ports/blob-store.ts';
import { unavailable } from './unavailable.ts';

export interface S3BlobStoreOptions {
  readonly client: () => Promise<S3Client>;
  readonly bucket: string;
}

/** Large payloads in S3. Throws `StoreUnavailable` when S3 did not answer. */
export class S3BlobStore implements BlobStore {
  readonly #options: S3BlobStoreOptions;

  constructor(options: S3BlobStoreOptions) {
    this.#options = options;
  }

  async put(key: string, content: string): Promise<void> {
    try {
      await (await this.#options.client()).send(
        new PutObjectCommand({
          Bucket: this.#options.bucket,
          Key: key,
          Body: content,
          ContentLength: Buffer.byteLength(content),
          ContentType: 'text/plain; charset=utf-8',
        }),
      );
    } catch (error) {
      throw unavailable(error, 'S3');
    }
  }

  async get(key: string): Promise<string | undefined> {
    try {
      const answer = await (await this.#options.client()).send(
        new GetObjectCommand({ Bucket: this.#options.bucket, Key: key }),
      );
      return await answer.Body?.transformToString('utf-8');
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw unavailable(error, 'S3');
    }
  }
}
