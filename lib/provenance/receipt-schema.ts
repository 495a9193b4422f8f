import * as z from 'zod';
import type { Extension, Receipt, SignedHead } from './receipt.ts';

/** Receipts and heads, as they are sent and as they stand in bundles. */

const count = z.int().min(0);
/** In the last character two bits are unused, and zero: there is one text for each hash. */
const hash = z
  .string()
  .regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/)
  .meta({ description: 'SHA-256, as base64url without padding.' });
const base64url = z.string().refine((text) => Buffer.from(text, 'base64url').toString('base64url') === text);
const proof = z.array(hash).max(64);
const ms = z.int().meta({ description: 'ms since the epoch.' });

export const signedHead = z
  .object({
    ledger: z.string().meta({ description: 'Which ledger: a UUID.' }),
    periods: count,
    root: hash.meta({ description: 'Of the Merkle tree over all periods.' }),
    at: ms,
    signature: z.object({
      algorithm: z.enum(['Ed25519', 'ECDSA-P256-SHA256']),
      value: base64url,
      key: hash.meta({ description: 'SHA-256 of the public key as SPKI in DER.' }),
    }),
  })
  .meta({ id: 'LedgerHead' }) satisfies z.ZodType<SignedHead>;

export const receipt = z
  .object({
    closing: z.object({
      execution: z.string(),
      status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
      closedAt: ms,
      commits: count.min(1),
      hash: hash.meta({ description: 'Of the last of these commits.' }),
    }),
    index: count,
    proof: proof.meta({ description: 'The way from the closing to the root of its period (RFC 6962).' }),
    period: z.object({ number: count, from: ms, to: ms, closings: count, root: hash }),
    periodProof: proof.meta({ description: 'The way from the period to the root of the ledger.' }),
    head: signedHead,
  })
  .meta({ id: 'Receipt' }) satisfies z.ZodType<Receipt>;

export const extension = z
  .object({ from: signedHead, to: signedHead, proof: proof.meta({ description: 'As RFC 6962 has it.' }) })
  .meta({ id: 'LedgerExtension' }) satisfies z.ZodType<Extension>;
