import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import { exitCodeOf, headline, parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface RedriveFlags extends SessionFlags {
  readonly definition?: string;
  readonly latest?: true;
  readonly wait?: string;
}

/** Has an execution go on that failed, timed out or was aborted. */
export async function redrive(terminal: Terminal, name: string, flags: RedriveFlags): Promise<ExitCode> {
  const { definition, latest, wait } = flags;
  if (definition !== undefined && latest === true) {
    throw new CommandFailed('Knhk.BadOption', 'Give --definition or --latest, not both.');
  }
  const seconds = wait === undefined ? 0 : Number(wait);
  if (!(seconds >= 0))
    throw new CommandFailed('Knhk.BadOption', `--wait must be a number of seconds, and is '${wait}'.`);
  const { client } = remoteSession(flags);
  const execution = parseName(name);
  const redriven = await client.redrive(execution, {
    ...(definition === undefined ? {} : { definition: await readText(definition) }),
    ...(latest === true ? { revision: 'latest' } : {}),
  });
  const shown = seconds === 0 ? redriven : await client.execution(execution, seconds);
  terminal.out.line(terminal.json ? JSON.stringify(shown, undefined, 2) : headline(terminal.out, shown));
  if (seconds === 0) return EXIT.ok;
  return shown.status === 'RUNNING' ? EXIT.timeout : exitCodeOf(shown);
}
