import { isJsonArray } from '../../../model/json.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../files.ts';
import { parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface ItemsFlags extends SessionFlags {
  readonly id?: string;
  readonly activation?: string;
}

/** Adds items to a dynamic Map that runs. */
export async function itemsAdd(
  terminal: Terminal,
  execution: string,
  { state, items: given }: { readonly state: string; readonly items: string },
  flags: ItemsFlags,
): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { id, activation } = flags;
  const items = await readInput(given);
  if (!isJsonArray(items)) throw new CommandFailed('Knhk.InputInvalid', 'Give the items as an array.');
  const added = await client.addItems(parseName(execution), {
    ...{ state, items: [...items] },
    ...(id === undefined ? {} : { id }),
    ...(activation === undefined ? {} : { activation: Number(activation) }),
  });
  terminal.out.line(terminal.json ? JSON.stringify(added, undefined, 2) : added.outcome);
  return EXIT.ok;
}
