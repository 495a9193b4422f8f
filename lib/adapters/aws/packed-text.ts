import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** A text inside an item: as it is, or compressed. Both are DynamoDB attribute values. */
export type PackedText = { readonly S: string } | { readonly B: Uint8Array };

/** Shorter texts are left alone: compressing them saves no write unit. */
const WORTH_COMPRESSING = 256;

/** First byte of a compressed text tells how: 1 is raw deflate (RFC 1951). */
const RAW_DEFLATE = 1;

export function packText(text: string): PackedText {
  if (text.length < WORTH_COMPRESSING) return { S: text };
  const deflated = deflateRawSync(text);
  if (deflated.length + 1 >= Buffer.byteLength(text)) return { S: text };
  const packed = new Uint8Array(deflated.length + 1);
  packed[0] = RAW_DEFLATE;
  packed.set(deflated, 1);
  return { B: packed };
}

/** Bytes that it takes in an item. */
export function packedSize(packed: PackedText): number {
  return 'S' in packed ? Buffer.byteLength(packed.S) : packed.B.length;
}

/** The inverse of `packText`. */
export function unpackText(packed: PackedText): string {
  if ('S' in packed) return packed.S;
  if (packed.B[0] !== RAW_DEFLATE) {
    throw new Error(`Text is compressed in an unknown way (${packed.B[0]}): read it with a newer version.`);
  }
  return inflateRawSync(packed.B.subarray(1)).toString('utf8');
}
