import { getHeapStatistics } from 'node:v8';

/**
 * A body becomes values that take more room than its bytes: JSON at worst 29 times as much (`[[[[…]]]]`), a message of
 * Protobuf 63 times before it is JSON (a list of empty objects). What was logged is read once more while the request is
 * answered, so that there are two such values; these parts of the heap leave it half empty.
 */
const JSON_PART = 1 / 128;
const PROTOBUF_PART = 1 / 256;

/**
 * What one request may have.
 * @param most bytes, where there is memory enough.
 * @param heapBytes what the process may have for its values; absent: what this one may have.
 */
export function requestBounds(
  most: number,
  heapBytes = getHeapStatistics().heap_size_limit,
): { readonly maxBodyBytes: number; readonly maxMessageBytes: number } {
  return {
    maxBodyBytes: Math.min(most, Math.floor(heapBytes * JSON_PART)),
    maxMessageBytes: Math.min(most, Math.floor(heapBytes * PROTOBUF_PART)),
  };
}
