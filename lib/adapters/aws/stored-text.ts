import { randomBytes } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { BlobStore } from '../../ports/blob-store.ts';
import { blobKey } from './keys.ts';
import { packedSize, packText, unpackText } from './packed-text.ts';

/** Where the texts of one item go: into it while there is room, the rest to the blob store, under keys from `uniqueBlobKey`. */
export interface TextPlace {
  readonly blobs: BlobStore;
  /** Bytes that the item has for texts. */
  readonly room: number;
  readonly blobKey: (part: string) => string;
}

/** What an item holds of compressed text, by default: its limit is 400 KB, keys and everything else included. */
export const DEFAULT_INLINE_BYTES = 300 * 1024;

const UNIQUE_BYTES = 8;

/** A blob key that nobody else makes: of two writers of one item, the loser must not replace the winner's text. */
export function uniqueBlobKey(execution: string, part: string): string {
  return blobKey(execution, part, randomBytes(UNIQUE_BYTES).toString('hex'));
}

/** A text that stands in the blob store is an attribute of this shape in its item. */
const REFERENCE = 'ref';

/** Attributes for the texts, in the order of importance; those that must go to the blob store are there when this resolves. */
export async function storeTexts<K extends string>(
  texts: Readonly<Partial<Record<K, string>>>,
  place: TextPlace,
): Promise<Partial<Record<K, AttributeValue>>> {
  const attributes: Partial<Record<K, AttributeValue>> = {};
  let { room } = place;
  // `Object.keys` forgets the type of the keys, which are all of K.
  for (const part of Object.keys(texts) as K[]) {
    const text = texts[part];
    if (text === undefined) continue;
    const packed = packText(text);
    const size = packedSize(packed);
    if (size <= room) {
      attributes[part] = packed;
      room -= size;
    } else {
      const key = place.blobKey(part);
      await place.blobs.put(key, text);
      attributes[part] = { M: { [REFERENCE]: { S: key } } };
    }
  }
  return attributes;
}

/** @throws Error when the text is not where the item says: the log is damaged. */
export async function readText(attribute: AttributeValue, blobs: BlobStore): Promise<string> {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.B !== undefined) return unpackText({ B: attribute.B });
  const key = blobOf(attribute);
  const text = key === undefined ? undefined : await blobs.get(key);
  if (text === undefined) throw new Error(`The text ${key ?? 'of an item'} is gone: restore the bucket of payloads.`);
  return text;
}

/** Key of the blob that a text stands in; `undefined`: it stands in its item. */
export function blobOf(attribute: AttributeValue | undefined): string | undefined {
  return attribute?.M?.[REFERENCE]?.S;
}
