import { bundleOf } from '../../../provenance/bundle.ts';
import type { Receipt } from '../../../provenance/receipt.ts';
import type { EngineClient, ExecutionName } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { parseName } from '../print-execution.ts';
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
  // The first one names the execution, also where nothing else can be read any more.
  const reading = client.commits(name);
  const first = await reading.next();
  const execution = first.done === true ? undefined : arnIn(first.value);
  if (first.done === true || execution === undefined) {
    throw new CommandFailed(
      'Knhk.LogUnreadable',
      `The log of ${name.workflow}/${name.id} does not begin with its start.`,
    );
  }
  const receipt = await receiptOf(client, name);
  for await (const line of bundleOf(execution, startingWith(first.value, reading), receipt)) out.line(line);
  if (receipt !== undefined) return;
  err.line(
    `How ${name.workflow}/${name.id} ends is not in the ledger yet: when it has closed, take it in with 'knhk ledger seal', then export again.`,
  );
}

type Commit = ReturnType<EngineClient['commits']> extends AsyncGenerator<infer C> ? C : never;

async function* startingWith(first: Commit, others: AsyncIterable<Commit>): AsyncGenerator<Commit> {
  yield first;
  yield* others;
}

function arnIn({ events }: Commit): string | undefined {
  const identity = events[0]?.['identity'];
  const id = typeof identity === 'object' && identity !== null && 'id' in identity ? identity.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

const isWithoutReceipt = new Set(['Knhk.ExecutionNotFound', 'Knhk.NotSupported', 'Knhk.ReceiptNotFound']);

/** `undefined`: there is none yet, or its log has expired. */
export async function receiptOf(client: EngineClient, name: ExecutionName): Promise<Receipt | undefined> {
  try {
    return await client.receipt(name);
  } catch (error) {
    const isMissing = error instanceof CommandFailed && isWithoutReceipt.has(error.code);
    if (isMissing) return undefined;
    throw error;
  }
}
