import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
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

  async deleteOf(execution: string, except: ReadonlySet<string>): Promise<void> {
    const { bucket: Bucket } = this.#options;
    try {
      const client = await this.#options.client();
      let StartAfter: string | undefined;
      do {
        const request = { Bucket, Prefix: `${execution}/`, ...(StartAfter === undefined ? {} : { StartAfter }) };
        const page = await client.send(new ListObjectsV2Command(request));
        const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
        const Objects = keys.filter((key) => !except.has(key)).map((Key) => ({ Key }));
        if (Objects.length > 0) await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
        StartAfter = page.IsTruncated === true ? keys.at(-1) : undefined;
      } while (StartAfter !== undefined);
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
