import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Closing } from '../ports/closings.ts';
import type { Signature } from '../ports/signer.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Hash, inclusionProof, isConsistent, leafHash, rootByInclusion } from './merkle-tree.ts';

/**
 * The ledger: what has closed since the last time is from time to time put into a Merkle tree, the tree of a period. The
 * periods are the leaves of a second one, which only grows, and whose root is signed. A receipt leads from the last commit
 * of an execution through both to a signature: whoever has the public key can check it, without asking anybody.
 */
export interface Period {
  /** From 0. */
  readonly number: number;
  /** First and last `closedAt` in it, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** How many closings are in it. */
  readonly closings: number;
  /** Of the tree over their hashes. */
  readonly root: Hash;
}

/** What is signed. */
export interface LedgerHead {
  /** Which ledger: a UUID. */
  readonly ledger: string;
  readonly periods: number;
  /** Of the tree over all periods. */
  readonly root: Hash;
  /** When it was signed, ms since the epoch. */
  readonly at: number;
}

export interface SignedHead extends LedgerHead {
  /** `key` is the `keyId` of the key that it was made with. */
  readonly signature: Signature & { readonly key: string };
}

export interface Receipt {
  readonly closing: Closing;
  /** Its index in the period, and the way from there to the period's root. */
  readonly index: number;
  readonly proof: readonly Hash[];
  readonly period: Period;
  /** The way from the period to the root of the ledger. */
  readonly periodProof: readonly Hash[];
  readonly head: SignedHead;
}

/** That a later head goes on from an earlier one. */
export interface Extension {
  readonly from: SignedHead;
  readonly to: SignedHead;
  readonly proof: readonly Hash[];
}

export function closingHash({ execution, status, closedAt, commits, hash }: Closing): Hash {
  return leafHash(canonicalJson({ execution, status, closedAt, commits, hash }));
}

export function periodHash({ number, from, to, closings, root }: Period): Hash {
  return leafHash(canonicalJson({ number, from, to, closings, root }));
}

/** The text that a head's signature is of. */
export function signedText({ ledger, periods, root, at }: LedgerHead): string {
  return canonicalJson({ ledger, periods, root, at });
}

/** `leaves` are those of the period and of the ledger's periods, by their hashes. */
export function receiptFor(
  closing: Closing,
  period: Period,
  head: SignedHead,
  leaves: { readonly closings: readonly Hash[]; readonly periods: readonly Hash[] },
): Receipt | undefined {
  const index = leaves.closings.indexOf(closingHash(closing));
  if (index === -1) return undefined;
  const proof = inclusionProof(leaves.closings, index);
  return { closing, index, proof, period, periodProof: inclusionProof(leaves.periods, period.number), head };
}

/** Why a receipt proves nothing; `undefined`: it proves what it says. */
export function faultInReceipt(receipt: Receipt, publicKey: string): string | undefined {
  const { closing, index, proof, period, periodProof, head } = receipt;
  const { execution } = closing;
  if (rootByInclusion(closingHash(closing), index, period.closings, proof) !== period.root) {
    return `The receipt of ${execution} does not lead to the root of period ${period.number}.`;
  }
  if (rootByInclusion(periodHash(period), period.number, head.periods, periodProof) !== head.root) {
    return `The receipt of ${execution} does not lead to the root that is signed.`;
  }
  return faultInHead(head, publicKey);
}

/** Why nothing shows that the later head goes on from the earlier one; `undefined`: it does. */
export function faultInExtension({ from, to, proof }: Extension, publicKey: string): string | undefined {
  const isOfOne =
    from.ledger === to.ledger &&
    isConsistent({ size: from.periods, root: from.root }, { size: to.periods, root: to.root }, proof);
  if (!isOfOne) return `The ledger of ${to.periods} periods does not go on from the one of ${from.periods}.`;
  return faultInHead(from, publicKey) ?? faultInHead(to, publicKey);
}

function faultInHead(head: SignedHead, publicKey: string): string | undefined {
  const { signature, periods } = head;
  const id = keyId(publicKey);
  if (signature.key !== id)
    return `The root of ${periods} periods is signed by the key ${signature.key}, not by ${id}.`;
  const key = createPublicKey(publicKey);
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const isSigned = verify(digest, Buffer.from(signedText(head)), key, Buffer.from(signature.value, 'base64url'));
  return isSigned ? undefined : `The root of ${periods} periods is not what the key ${id} has signed.`;
}

/** Names a public key (PEM): the SHA-256 of its DER as SPKI. @throws if it is no public key. */
export function keyId(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url');
}
