import { bundleOf } from '../../../provenance/bundle.ts';
import type { Receipt } from '../../../provenance/receipt.ts';
import type { EngineClient, ExecutionName } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { nameOf, parseName } from '../print-execution.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the logs of executions as a bundle, one after another. */
export function exportLogs(terminal: Terminal, names: readonly string[], flags: SessionFlags): Promise<ExitCode> {
  const parsed = names.map(parseName);
  return withClient(flags, async ({ client }) => {
    for (const name of parsed) await exportLog(terminal, client, name);
    return EXIT.ok;
  });
}

async function exportLog({ out, err }: Terminal, client: EngineClient, name: ExecutionName): Promise<void> {
  const execution = await client.execution(name);
  const receipt = await receiptOf(client, name);
  for await (const line of bundleOf(execution.arn, client.commits(name), receipt)) out.line(line);
  if (receipt !== undefined) return;
  err.line(
    execution.status === 'RUNNING'
      ? `${nameOf(execution)} is open: how it ends can be proven once it has closed.`
      : `The end of ${nameOf(execution)} is not in the ledger yet: take it in with 'knhk ledger seal', then export again.`,
  );
}

async function receiptOf(client: EngineClient, name: ExecutionName): Promise<Receipt | undefined> {
  try {
    return await client.receipt(name);
  } catch (error) {
    const isMissing =
      error instanceof CommandFailed && ['Knhk.ReceiptNotFound', 'Knhk.NotSupported'].includes(error.code);
    if (isMissing) return undefined;
    throw error;
  }
}
