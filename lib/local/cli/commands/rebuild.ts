import { EXIT, type ExitCode } from '../exit.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** Brings the lists of executions in line with the log, part by part. */
export async function rebuild(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  let rows = 0;
  let after: string | undefined;
  do {
    const part = await client.rebuildLists(after);
    rows += part.rows;
    after = part.next;
    if (after !== undefined) terminal.err.line(`${rows} rows so far`);
  } while (after !== undefined);
  terminal.out.line(terminal.json ? JSON.stringify({ rows }) : `The lists agree with ${rows} rows of the log.`);
  return EXIT.ok;
}
