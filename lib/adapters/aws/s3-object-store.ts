import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
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

/** Objects in S3. What S3 refuses, or does not answer after the SDK's attempts, is an `ObjectStoreError`. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: () => Promise<S3Client>;

  constructor(client: () => Promise<S3Client>) {
    this.#client = client;
  }

  async get(object: ObjectRef, maxBytes: number): Promise<Uint8Array> {
    try {
      const client = await this.#client();
      const answer = await client.send(
        new GetObjectCommand({
          ...place(object),
          ...(object.versionId === undefined ? {} : { VersionId: object.versionId }),
        }),
      );
      const { Body: body, ContentLength: size } = answer;
      if (size !== undefined && size > maxBytes) {
        // Otherwise the connection stays taken until all of it has arrived.
        if (body !== undefined && 'destroy' in body) body.destroy();
        throw new ObjectTooLarge(object, size);
      }
      return (await body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      throw refusal(error);
    }
  }

  async list({ bucket, prefix, expectedBucketOwner, after }: ObjectQuery): Promise<ObjectPage> {
    try {
      const client = await this.#client();
      const answer = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          ...(prefix === undefined ? {} : { Prefix: prefix }),
          ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
          ...(after === undefined ? {} : { ContinuationToken: after }),
        }),
      );
      const items = (answer.Contents ?? []).map(
        ({ Key, Size, LastModified, ETag, StorageClass }): ListedObject => ({
          key: Key ?? '',
          size: Size ?? 0,
          modifiedAt: LastModified?.getTime() ?? 0,
          etag: ETag ?? '',
          storageClass: StorageClass ?? 'STANDARD',
        }),
      );
      const { NextContinuationToken: next } = answer;
      return next === undefined ? { items } : { items, next };
    } catch (error) {
      throw refusal(error);
    }
  }

  async put(object: ObjectRef, content: string | Uint8Array): Promise<void> {
    try {
      const client = await this.#client();
      await client.send(
        new PutObjectCommand({ ...place(object), Body: content, ContentLength: Buffer.byteLength(content) }),
      );
    } catch (error) {
      throw refusal(error);
    }
  }
}

function place({ bucket, key, expectedBucketOwner }: ObjectRef) {
  return {
    Bucket: bucket,
    Key: key,
    ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
  };
}

const ABSENT = new Set(['NoSuchBucket', 'NoSuchKey']);

function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ObjectStoreError) return error;
  const { name, message } = error;
  return ABSENT.has(name)
    ? new NoSuchObject(name, message, { cause: error })
    : new ObjectStoreError(name, message, { cause: error });
}
