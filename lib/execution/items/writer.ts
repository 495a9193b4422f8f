import type { Json, JsonObject } from '../../model/json.ts';
import type { ResultTarget } from '../../model/plan.ts';
import type { MapRunResults } from '../../ports/item-storage.ts';
import { type ObjectStore, ObjectStoreError } from '../../ports/object-store.ts';
import { pendingRecord, resultsOf } from './results.ts';

type FileStatus = 'FAILED' | 'PENDING' | 'SUCCEEDED';

interface ResultFile {
  readonly [field: string]: Json;
  readonly Key: string;
  /** Bytes. */
  readonly Size: number;
}

/**
 * Writes the results of one map run: `SUCCEEDED_0.json`, `FAILED_0.json` and `PENDING_0.json`, or as many of each as
 * keep a file at about `fileBytes`, then `manifest.json`, which tells that all is there.
 */
export async function exportResults(
  store: ObjectStore,
  target: ResultTarget,
  results: MapRunResults,
  fileBytes: number,
): Promise<JsonObject> {
  const place = placeOf(target.arguments, results.folder);
  const files = { FAILED: [] as ResultFile[], PENDING: [] as ResultFile[], SUCCEEDED: [] as ResultFile[] };
  for (const status of ['FAILED', 'PENDING', 'SUCCEEDED'] as const) {
    for (const text of texts(recordsOf(status, target, results), target.outputType, fileBytes)) {
      const key = `${place.folder}${status}_${files[status].length}.json`;
      await store.put({ ...place.object, key }, text);
      files[status].push({ Key: key, Size: Buffer.byteLength(text) });
    }
  }
  const manifest = { DestinationBucket: place.object.bucket, MapRunArn: results.mapRun, ResultFiles: files };
  const key = `${place.folder}manifest.json`;
  await store.put({ ...place.object, key }, JSON.stringify(manifest));
  return { MapRunArn: results.mapRun, ResultWriterDetails: { Bucket: place.object.bucket, Key: key } };
}

/** The results as the raw result of the Map: a list of what a file would have, or its text if that is to be JSON Lines. */
export function inlineResults(target: ResultTarget, { children }: MapRunResults): Json {
  const list = children.flatMap((child) => [...resultsOf(child, target)]);
  return target.outputType === 'JSON' ? list : list.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Timed out and aborted children count as failed. */
function* recordsOf(status: FileStatus, target: ResultTarget, results: MapRunResults): Generator<Json> {
  if (status === 'PENDING') {
    for (const child of results.pending ?? []) yield pendingRecord(child);
    return;
  }
  for (const child of results.children) {
    if ((child.status === 'SUCCEEDED') === (status === 'SUCCEEDED')) yield* resultsOf(child, target);
  }
}

/** Texts of whole files. None if there is no value. */
function* texts(values: Iterable<Json>, type: ResultTarget['outputType'], fileBytes: number): Generator<string> {
  let parts: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const part = JSON.stringify(value);
    const size = Buffer.byteLength(part) + 1;
    if (parts.length > 0 && bytes + size > fileBytes) {
      yield joined(parts, type);
      parts = [];
      bytes = 0;
    }
    parts.push(part);
    bytes += size;
  }
  if (parts.length > 0) yield joined(parts, type);
}

function joined(parts: readonly string[], type: ResultTarget['outputType']): string {
  return type === 'JSON' ? `[${parts.join(',')}]` : `${parts.join('\n')}\n`;
}

function placeOf({ Bucket: bucket, Prefix: prefix, ExpectedBucketOwner: owner }: JsonObject, folder: string) {
  if (typeof bucket !== 'string' || bucket === '') {
    throw new ObjectStoreError(
      'InvalidBucketName',
      `The field 'Bucket' of the ResultWriter must be a text, but is ${JSON.stringify(bucket)}.`,
    );
  }
  const parent = typeof prefix === 'string' ? prefix.replace(/\/+$/, '') : '';
  return {
    object: { bucket, ...(typeof owner === 'string' ? { expectedBucketOwner: owner } : {}) },
    folder: parent === '' ? `${folder}/` : `${parent}/${folder}/`,
  };
}
