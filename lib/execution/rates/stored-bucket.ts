import { isJsonObject, type Json } from '../../model/json.ts';
import type { Clock } from '../../ports/clock.ts';
import { readRate } from '../../resilience/rate-limit.ts';
import { type Bucket, fullBucket, type Rate } from '../../resilience/token-bucket.ts';
import { type Change, SharedRecord, type SharedRecordParts } from './shared-record.ts';

/** What is kept of a limit. */
export interface StoredBucket {
  /** The tokens. */
  readonly tokens: Bucket;
  /** Those who wait, as a bucket of the same rate: tokens are promised from it in turn, and taken from `tokens`. */
  readonly line: Bucket;
  /** The limit by which turns were promised; by another one, the line begins anew. */
  readonly by?: Rate;
}

/** What to do to a bucket; `next` absent: nothing. May be asked several times. */
export type BucketChange<T> = (
  bucket: StoredBucket,
  now: number,
) => { readonly next?: StoredBucket; readonly answer: T };

export interface BucketRecord {
  change<T>(change: BucketChange<T>): Promise<T>;
}

/** One record for all processes. */
export class SharedBucketRecord implements BucketRecord {
  readonly #record: SharedRecord;

  constructor(parts: SharedRecordParts, limit: string) {
    this.#record = new SharedRecord(parts, { collection: `rateBuckets/${limit}`, key: 'bucket' });
  }

  change<T>(change: BucketChange<T>): Promise<T> {
    const inJson: Change<T> = (value, now) => {
      const { next, answer } = change(read(value, now), now);
      return next === undefined ? { answer } : { next: written(next), answer };
    };
    return this.#record.change(inJson);
  }
}

/** Where there is one process: in memory, and full when that starts. */
export class OwnBucketRecord implements BucketRecord {
  readonly #clock: Clock;
  #bucket: StoredBucket | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async change<T>(change: BucketChange<T>): Promise<T> {
    const now = this.#clock.now();
    const { next, answer } = change(this.#bucket ?? fullAt(now), now);
    this.#bucket = next ?? this.#bucket;
    return answer;
  }
}

function fullAt(now: number): StoredBucket {
  return { tokens: fullBucket(now), line: fullBucket(now) };
}

function written({ tokens, line, by }: StoredBucket): Json {
  return by === undefined ? { tokens: { ...tokens } } : { tokens: { ...tokens }, line: { ...line }, by: { ...by } };
}

function read(value: Json | undefined, now: number): StoredBucket {
  if (!isJsonObject(value)) return fullAt(now);
  const by = readRate(value['by'] ?? null);
  const buckets = { tokens: readBucket(value['tokens'], now), line: readBucket(value['line'], now) };
  return by === undefined ? buckets : { ...buckets, by };
}

function readBucket(value: Json | undefined, now: number): Bucket {
  if (!isJsonObject(value)) return fullBucket(now);
  const { missing, at } = value;
  return typeof missing === 'number' && typeof at === 'number' ? { missing, at } : fullBucket(now);
}
