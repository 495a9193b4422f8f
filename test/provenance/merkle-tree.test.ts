import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  leafHash,
  type Peak,
  rootByInclusion,
  rootOf,
  rootOfPeaks,
  withLeaf,
} from '../../lib/provenance/merkle-tree.ts';

const hex = (hash: string) => Buffer.from(hash, 'base64url').toString('hex');
const leaves = Array.from({ length: 20 }, (_, i) => leafHash(`leaf ${i}`));
const rootAt = (size: number) => rootOf(leaves.slice(0, size));

/** The definition of the RFC, word for word. */
function definition(entries: readonly string[]): Buffer {
  const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const [only = ''] = entries;
  if (entries.length === 0) return sha();
  if (entries.length === 1) return sha(Buffer.from([0]), Buffer.from(only));
  const k = 2 ** Math.ceil(Math.log2(entries.length) - 1);
  return sha(Buffer.from([1]), definition(entries.slice(0, k)), definition(entries.slice(k)));
}

describe('A Merkle tree', () => {
  test('has the root that the RFC defines', () => {
    expect(hex(rootOf([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(leafHash(''))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 40 }), (entries) => {
        expect(rootOf(entries.map(leafHash))).toBe(definition(entries).toString('base64url'));
      }),
    );
  });

  test('grows by a leaf with little to remember', () => {
    let peaks: readonly Peak[] = [];
    for (const [index, leaf] of leaves.entries()) {
      expect(rootOfPeaks(peaks)).toBe(rootAt(index));
      peaks = withLeaf(peaks, leaf);
      expect(peaks.length).toBeLessThanOrEqual(Math.log2(index + 1) + 1);
    }
    expect(rootOfPeaks(peaks)).toBe(rootOf(leaves));
  });

  test('proves each of its leaves, at its place and nowhere else', () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const leaf = leaves[index] ?? '';
        const proof = inclusionProof(leaves.slice(0, size), index);
        expect(rootByInclusion(leaf, index, size, proof)).toBe(rootAt(size));
        for (let other = 0; other < size; other += 1) {
          if (other !== index) expect(rootByInclusion(leaf, other, size, proof)).not.toBe(rootAt(size));
        }
        expect(rootByInclusion(leafHash('another'), index, size, proof)).not.toBe(rootAt(size));
        expect(rootByInclusion(leaf, index, size, [...proof, leaf])).toBeUndefined();
        if (proof.length > 0) expect(rootByInclusion(leaf, index, size, proof.slice(1))).not.toBe(rootAt(size));
      }
    }
    expect(rootByInclusion(leaves[0] ?? '', 1, 1, [])).toBeUndefined();
  });

  test('proves that it goes on from each earlier one, and from no other', () => {
    for (let size = 0; size <= leaves.length; size += 1) {
      for (let earlier = 0; earlier <= size; earlier += 1) {
        const proof = consistencyProof(leaves.slice(0, size), earlier);
        const later = { size, root: rootAt(size) };
        expect(isConsistent({ size: earlier, root: rootAt(earlier) }, later, proof), `${earlier} in ${size}`).toBe(
          true,
        );
        if (earlier === 0) continue;
        const forged = rootOf([leafHash('forged'), ...leaves.slice(1, earlier)]);
        expect(isConsistent({ size: earlier, root: forged }, later, proof)).toBe(false);
        const changed = { size, root: rootOf([leafHash('forged'), ...leaves.slice(1, size)]) };
        expect(isConsistent({ size: earlier, root: rootAt(earlier) }, changed, proof)).toBe(false);
        expect(isConsistent(later, { size: earlier, root: rootAt(earlier) }, proof)).toBe(size === earlier);
        expect(isConsistent({ size: earlier, root: rootAt(earlier) }, later, [...proof, leaves[0] ?? ''])).toBe(false);
      }
    }
  });
});
