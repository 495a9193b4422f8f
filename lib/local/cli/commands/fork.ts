import { isJsonObject } from '../../../model/json.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readInput, readText } from '../files.ts';
import { exitCodeOf, headline, parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface ForkFlags extends SessionFlags {
  readonly at?: string;
  readonly name?: string;
  readonly input?: string;
  readonly variables?: string;
  readonly definition?: string;
  readonly latest?: true;
  readonly wait?: string;
}

/** Starts an execution that goes on from where another one was. */
export async function fork(terminal: Terminal, source: string, flags: ForkFlags): Promise<ExitCode> {
  const { at, name, input, definition, latest, wait } = flags;
  if (definition !== undefined && latest === true) {
    throw new CommandFailed('Knhk.BadOption', 'Give --definition or --latest, not both.');
  }
  const seconds = wait === undefined ? 0 : Number(wait);
  if (!(seconds >= 0))
    throw new CommandFailed('Knhk.BadOption', `--wait must be a number of seconds, and is '${wait}'.`);
  const variables = flags.variables === undefined ? undefined : await readInput(flags.variables);
  if (variables !== undefined && !isJsonObject(variables)) {
    throw new CommandFailed('Knhk.BadOption', '--variables must be a JSON object: names with their values.');
  }
  const { client } = remoteSession(flags);
  const origin = parseName(source);
  const forked = await client.fork(origin, {
    ...(at === undefined ? {} : { at }),
    ...(name === undefined ? {} : { name }),
    ...(input === undefined ? {} : { input: await readInput(input) }),
    ...(variables === undefined ? {} : { variables: { ...variables } }),
    ...(definition === undefined ? {} : { definition: await readText(definition) }),
    ...(latest === true ? { revision: 'latest' } : {}),
  });
  const shown = seconds === 0 ? forked : await client.execution({ ...origin, id: forked.id }, seconds);
  terminal.out.line(terminal.json ? JSON.stringify(shown, undefined, 2) : headline(terminal.out, shown));
  if (seconds === 0) return EXIT.ok;
  return shown.status === 'RUNNING' ? EXIT.timeout : exitCodeOf(shown);
}
