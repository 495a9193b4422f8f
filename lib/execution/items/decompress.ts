import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { UnreadableItems } from './unreadable.ts';

/** Content of a file that may be compressed with gzip or zstd, which its first bytes tell. At most `maxBytes` of it. */
export function decompressed(content: Uint8Array, maxBytes: number): Uint8Array {
  const expand = expanderOf(content);
  if (expand === undefined) return content;
  try {
    return expand(content, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooMuch(maxBytes);
    throw new UnreadableItems(
      `The file is compressed, and damaged: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

export function tooMuch(maxBytes: number): UnreadableItems {
  return new UnreadableItems(
    `More than ${maxBytes} bytes would have to be read at once. Split the source into several files and map over them, or give the file's key to the children.`,
  );
}

function expanderOf([first, second, third, fourth]: Uint8Array) {
  if (first === 0x1f && second === 0x8b) return gunzipSync;
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return zstdDecompressSync;
  return undefined;
}
