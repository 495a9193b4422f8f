import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { Closing } from '../../../lib/ports/closings.ts';
import type { Signer } from '../../../lib/ports/signer.ts';
import type { Ledger } from '../../../lib/provenance/ledger.ts';
import { closingHash, faultInExtension, faultInReceipt, type SignedHead } from '../../../lib/provenance/receipt.ts';

/** Of nobody: for simulations. */
const SECRET = createPrivateKey(
  '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----',
);
const PUBLIC = createPublicKey(SECRET).export({ type: 'spki', format: 'pem' }).toString();

export const simulatedSigner: Signer = {
  sign: async (text) => ({
    algorithm: 'Ed25519',
    value: sign(null, Buffer.from(text), SECRET).toString('base64url'),
  }),
  publicKey: async () => PUBLIC,
};

/** Has several processes seal the ledger at the same time, and looks what comes of it. */
export class LedgerWitness {
  /** By number of periods: as somebody has read it. */
  readonly #heads = new Map<number, SignedHead>();
  readonly #violations: string[];

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  async seal(ledger: Ledger): Promise<void> {
    await ledger.seal();
    const head = await ledger.head();
    if (head === undefined) return;
    const known = this.#heads.get(head.periods) ?? head;
    this.#heads.set(head.periods, known);
    if (known.root !== head.root) this.#violations.push(`Two ledgers have ${head.periods} periods.`);
  }

  /** Once all is quiet. @param last of each execution: how it has closed. */
  async check(ledger: Ledger, last: readonly Closing[]): Promise<void> {
    await this.seal(ledger);
    const sealed = new Set<string>();
    for await (const { closings, period } of ledger.periods(0)) {
      if (closings.length !== period.closings) this.#violations.push(`Period ${period.number} is incomplete.`);
      for (const closing of closings) sealed.add(closingHash(closing));
    }
    for (const closing of last) {
      const { execution, closedAt } = closing;
      const receipt = await ledger.receipt(execution, closedAt);
      const fault = receipt === undefined ? 'there is no receipt' : faultInReceipt(receipt, PUBLIC);
      if (fault !== undefined) this.#violations.push(`${execution} has closed, and ${fault}.`);
      if (!sealed.has(closingHash(closing))) this.#violations.push(`${execution} has closed, and not in the ledger.`);
    }
    for (const head of this.#heads.values()) {
      const extension = await ledger.extension(head.periods);
      const isOfIt = extension?.from.root === head.root;
      const fault = extension === undefined || !isOfIt ? 'is forgotten' : faultInExtension(extension, PUBLIC);
      if (fault !== undefined) this.#violations.push(`The ledger of ${head.periods} periods: ${fault}`);
    }
  }
}
