import * as z from 'zod';
import { signedHead } from '../../provenance/receipt-schema.ts';

const digest = z.string().optional();
export const commit = z
  .object({
    number: z.int().min(0),
    hash: digest.meta({ description: 'Absent: it was written before there were hashes.' }),
    salt: digest,
    payloads: digest.meta({ description: 'Digest of payloads that are not here.' }),
    snapshot: digest.meta({ description: 'Digest of the snapshot that was written with it.' }),
    previous: digest.meta({ description: 'Hash of the commit before it, where a snapshot was written.' }),
    events: z.array(z.looseObject({ type: z.string() })),
  })
  .meta({ id: 'Commit' });

export const ledger = z
  .object({
    head: signedHead.optional().meta({ description: 'Absent: nothing has been sealed yet.' }),
    publicKey: z.string().meta({ description: 'SPKI, as PEM.' }),
  })
  .meta({ id: 'Ledger' });

export const sealed = z.object({ closings: z.int().min(0) });
