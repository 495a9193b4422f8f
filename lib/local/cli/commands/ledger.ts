import { EXIT, type ExitCode } from '../exit.ts';
import { moment } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** Shows what was signed last. */
export async function ledgerShow(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const { head } = await withClient(flags, ({ client }) => client.ledger());
  if (terminal.json) terminal.out.line(JSON.stringify(head ?? null, undefined, 2));
  else if (head === undefined) terminal.err.line('Nothing has been sealed yet.');
  else {
    const { ledger, periods, root, at, signature } = head;
    const rows = [
      ['ledger', ledger],
      ['periods', String(periods)],
      ['root', root],
      ['signed', `${moment(at)}, ${signature.algorithm}`],
      ['key', signature.key],
    ];
    for (const [label = '', value = ''] of rows) terminal.out.line(`${label.padEnd(8)} ${value}`);
  }
  return EXIT.ok;
}

/** Prints the public key. */
export async function ledgerKey(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const { publicKey } = await withClient(flags, ({ client }) => client.ledger());
  terminal.out.line(terminal.json ? JSON.stringify({ publicKey }) : publicKey.trimEnd());
  return EXIT.ok;
}

/** Takes what has closed into the ledger. */
export async function ledgerSeal(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const { closings } = await withClient(flags, ({ client }) => client.sealLedger());
  if (terminal.json) terminal.out.line(JSON.stringify({ closings }));
  else if (closings === 0) terminal.err.line('Nothing has closed since the last time.');
  else terminal.out.line(`${closings} closed ${closings === 1 ? 'execution is' : 'executions are'} in the ledger now.`);
  return EXIT.ok;
}
