import { createHash } from 'node:crypto';

/**
 * Merkle trees as RFC 6962, section 2.1, has them; proofs are verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2, does it.
 * Leaves and nodes are hashed with different prefixes, so that no node can be passed off as a leaf. Hashes are SHA-256, as
 * base64url texts without padding.
 */
export type Hash = string;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(content: string): Hash {
  return createHash('sha256').update(LEAF).update(content, 'utf8').digest('base64url');
}

function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE).update(left, 'base64url').update(right, 'base64url').digest('base64url');
}

/** Of the tree over these leaves, in their order; of no leaves, the hash of nothing. */
export function rootOf(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return createHash('sha256').digest('base64url');
  return rootOfRange(leaves, 0, leaves.length);
}

/** `to` is greater than `from`. */
function rootOfRange(leaves: readonly Hash[], from: number, to: number): Hash {
  if (to - from === 1) return leaves[from] ?? '';
  const middle = from + splitOf(to - from);
  return nodeHash(rootOfRange(leaves, from, middle), rootOfRange(leaves, middle, to));
}

/** The largest power of two less than `size`, which is at least 2. */
function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Root of a full subtree: its number of leaves is a power of two. */
export interface Peak {
  readonly size: number;
  readonly hash: Hash;
}

/** The full subtrees, from the left, that a growing tree consists of, after one more leaf: all that it has to remember. */
export function withLeaf(peaks: readonly Peak[], leaf: Hash): readonly Peak[] {
  const grown = [...peaks];
  let last: Peak = { size: 1, hash: leaf };
  for (let beside = grown.at(-1); beside?.size === last.size; beside = grown.at(-1)) {
    grown.pop();
    last = { size: beside.size * 2, hash: nodeHash(beside.hash, last.hash) };
  }
  return [...grown, last];
}

export function rootOfPeaks(peaks: readonly Peak[]): Hash {
  const [last, ...earlier] = [...peaks].reverse();
  if (last === undefined) return rootOf([]);
  return earlier.reduce((right, { hash }) => nodeHash(hash, right), last.hash);
}

/** That the leaf with this index is in the tree: the hashes beside its way to the root, from below. */
export function inclusionProof(leaves: readonly Hash[], index: number): readonly Hash[] {
  const path: Hash[] = [];
  let from = 0;
  let to = leaves.length;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rootOfRange(leaves, middle, to));
      to = middle;
    } else {
      path.push(rootOfRange(leaves, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** The root that a tree of so many leaves has if this one stands at that index; `undefined`: the proof fits no such tree. */
export function rootByInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[]): Hash | undefined {
  if (index < 0 || index >= size) return undefined;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const beside of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(beside, hash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, beside);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

/** That the tree over all leaves goes on from the one over the first `earlier` of them, with nothing of it changed. */
export function consistencyProof(leaves: readonly Hash[], earlier: number): readonly Hash[] {
  const proof: Hash[] = [];
  if (earlier === 0) return proof;
  let from = 0;
  let to = leaves.length;
  // Whether what is left of the earlier tree is all of it, whose root the verifier has.
  let isWhole = true;
  while (earlier < to) {
    const middle = from + splitOf(to - from);
    if (earlier <= middle) {
      proof.push(rootOfRange(leaves, middle, to));
      to = middle;
    } else {
      proof.push(rootOfRange(leaves, from, middle));
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) proof.push(rootOfRange(leaves, from, to));
  return proof.reverse();
}

/** What a signed root says of the tree. */
export interface TreeHead {
  /** Leaves. */
  readonly size: number;
  readonly root: Hash;
}

/** Whether the later tree has the earlier one in it, as its first leaves. */
export function isConsistent(earlier: TreeHead, later: TreeHead, proof: readonly Hash[]): boolean {
  if (earlier.size > later.size) return false;
  if (earlier.size === later.size) return earlier.root === later.root && proof.length === 0;
  if (earlier.size === 0) return proof.length === 0;
  let node = earlier.size - 1;
  let last = later.size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  const [first, ...path] = isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : proof;
  if (first === undefined) return false;
  let before = first;
  let after = first;
  for (const beside of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = nodeHash(beside, before);
      after = nodeHash(beside, after);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      after = nodeHash(after, beside);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && before === earlier.root && after === later.root;
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}
