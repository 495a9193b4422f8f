import { EXIT, type ExitCode } from '../exit.ts';
import { parseName } from '../print-execution.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** Takes the payloads out of the log of a closed execution. */
export async function erase(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  const parsed = parseName(name);
  await withClient(flags, ({ client }) => client.erasePayloads(parsed));
  if (terminal.json) terminal.out.line(JSON.stringify({ erased: name }));
  else terminal.out.line(`${name} has no payloads any more; what is left proves how it went.`);
  return EXIT.ok;
}
