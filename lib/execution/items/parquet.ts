import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Json } from '../../model/json.ts';
import { UnreadableItems } from './unreadable.ts';

/** An object for each row of a Parquet file, at most `maxRows` of them. */
export async function parquetItems(content: Uint8Array, maxRows: number): Promise<readonly Json[]> {
  // Most engines never meet a Parquet file.
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const whole = content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength);
  if (!(whole instanceof ArrayBuffer)) throw new UnreadableItems('Parquet cannot be read from shared memory.');
  try {
    const metadata = await parquetMetadataAsync({ byteLength: whole.byteLength, slice: (a, b) => whole.slice(a, b) });
    const rowEnd = Math.min(Number(metadata.num_rows), maxRows);
    const rows = await parquetReadObjects({ file: whole, metadata, rowStart: 0, rowEnd, compressors });
    return rows.map(plain);
  } catch (error) {
    throw new UnreadableItems(
      `The file is no Parquet that can be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}

const compressors = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  ZSTD: (input: Uint8Array) => zstdDecompressSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
};

/** A value of Parquet as JSON: large integers that JSON's numbers cannot hold become texts, moments ISO 8601, bytes base64. */
function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') {
    return BigInt.asIntN(SAFE_BITS, value) === value ? Number(value) : value.toString();
  }
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return list.map(plain);
  }
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return String(value);
}

/** Integers of so many bits, with their sign, are exact as numbers. */
const SAFE_BITS = 54;
