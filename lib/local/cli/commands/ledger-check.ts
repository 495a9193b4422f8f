import { faultInExtension, type SignedHead } from '../../../provenance/receipt.ts';
import { signedHead } from '../../../provenance/receipt-schema.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import { moment } from '../format.ts';
import { publicKeyIn } from '../public-key-file.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface CheckFlags extends SessionFlags {
  readonly key: string;
}

/** Checks that the ledger of a server goes on from a head that was kept, whatever the server says of that head itself. */
export async function ledgerCheck(terminal: Terminal, file: string, flags: CheckFlags): Promise<ExitCode> {
  const key = await publicKeyIn(flags.key);
  const from = await headIn(file);
  const { to, fault } = await withClient(flags, async ({ client }) => {
    const { head } = await client.ledger();
    if (head === undefined || head.periods < from.periods) {
      return { to: head, fault: `The ledger has ${head?.periods ?? 0} periods, and had ${from.periods}.` };
    }
    const { to, proof } = await client.ledgerExtension(from.periods);
    return { to, fault: faultInExtension({ from, to, proof }, key) };
  });
  if (terminal.json) terminal.out.line(JSON.stringify({ from, to: to ?? null, fault: fault ?? null }, undefined, 2));
  else if (fault === undefined && to !== undefined) {
    const counted = `${to.periods} ${to.periods === 1 ? 'period' : 'periods'}`;
    terminal.out.line(`${terminal.out.paint('green', 'GOES ON')}, to ${counted}, signed ${moment(to.at)}`);
  } else terminal.out.line(`${terminal.out.paint('red', 'DOES NOT GO ON')}: ${fault}`);
  return fault === undefined ? EXIT.ok : EXIT.failed;
}

async function headIn(file: string): Promise<SignedHead> {
  const text = await readText(file);
  try {
    return signedHead.parse(JSON.parse(text));
  } catch {
    const message = `'${file}' is no signed head: keep what 'knhk ledger show --json' prints.`;
    throw new CommandFailed('Knhk.HeadInvalid', message);
  }
}
