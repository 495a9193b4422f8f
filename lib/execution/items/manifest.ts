import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { ObjectRef } from '../../ports/object-store.ts';
import { csvItems } from './csv.ts';
import { take, textOf } from './file-items.ts';
import { UnreadableItems } from './unreadable.ts';

export interface Inventory {
  /** The files with the rows. */
  readonly parts: readonly ObjectRef[];
  readonly columns: readonly string[];
}

/** Reads the `manifest.json` of an S3 inventory (S3 user guide, "Locating your inventory list"). */
export function inventoryOf(content: Uint8Array, manifestBucket: string): Inventory {
  const manifest = manifestIn(textOf(content));
  const { destinationBucket, fileFormat, fileSchema, files } = manifest;
  if (fileFormat !== undefined && fileFormat !== 'CSV') {
    throw new UnreadableItems(`The inventory has the format ${JSON.stringify(fileFormat)}; let S3 write it as CSV.`);
  }
  if (typeof fileSchema !== 'string' || !isJsonArray(files)) throw noInventory();
  // An ARN, whose last part is the name.
  const bucket = typeof destinationBucket === 'string' ? destinationBucket.split(':').at(-1) : manifestBucket;
  const parts = files.map((file): ObjectRef => {
    const key = isJsonObject(file) ? file['key'] : undefined;
    if (typeof key !== 'string') throw noInventory();
    return { bucket: bucket ?? manifestBucket, key };
  });
  return { parts, columns: fileSchema.split(',').map((name) => name.trim()) };
}

/** The rows of one part; keys of objects stay encoded as the inventory has them. */
export function rowsOfInventory(content: Uint8Array, columns: readonly string[], most: number): readonly Json[] {
  return take(csvItems(textOf(content), { headers: columns, delimiter: ',' }), most);
}

function manifestIn(text: string) {
  let manifest: Json;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw noInventory();
  }
  if (!isJsonObject(manifest)) throw noInventory();
  return manifest;
}

function noInventory(): UnreadableItems {
  return new UnreadableItems("The object is no manifest.json of an S3 inventory: it has no 'fileSchema' and 'files'.");
}

/** The files that the manifest of an Athena UNLOAD lists: a URI such as `s3://bucket/key` on each line. */
export function athenaParts(content: Uint8Array): readonly ObjectRef[] {
  const lines = textOf(content)
    .split('\n')
    .map((line) => line.trim().replace(/^"(.*)"$/, '$1'))
    .filter((line) => line !== '');
  return lines.map((line) => {
    const { bucket, key } = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/i.exec(line)?.groups ?? {};
    if (bucket === undefined || key === undefined) {
      throw new UnreadableItems(`A line of the manifest is no URI such as s3://bucket/key: ${line.slice(0, 200)}`);
    }
    return { bucket, key };
  });
}
