import type { EngineClient, ExecutionName } from '../client.ts';
import { executionsMeant } from '../executions-meant.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface MigrateFlags extends SessionFlags {
  readonly workflow?: string;
  readonly definition?: string;
  readonly latest?: true;
  readonly check?: true;
}

interface Result {
  readonly execution: string;
  readonly outcome: string;
  /** Why not. */
  readonly problem?: string;
}

/** Has executions that run go on with another definition: one, or all of a workflow. */
export async function migrate(terminal: Terminal, name: string | undefined, flags: MigrateFlags): Promise<ExitCode> {
  const { definition, latest, check } = flags;
  if ((definition === undefined) === (latest === undefined)) {
    throw new CommandFailed('Knhk.BadOption', 'Give --definition or --latest.');
  }
  const { client } = remoteSession(flags);
  const body = {
    ...(definition === undefined ? { revision: 'latest' as const } : { definition: await readText(definition) }),
    check: check === true,
  };
  const results: Result[] = [];
  for await (const execution of executionsMeant(client, name, flags.workflow)) {
    const result = await migrateOne(client, execution, body);
    results.push(result);
    if (!terminal.json)
      terminal.out.line(
        `${result.execution}  ${result.outcome}${result.problem === undefined ? '' : `: ${result.problem}`}`,
      );
  }
  if (terminal.json) terminal.out.line(JSON.stringify(results, undefined, 2));
  else if (results.length === 0) terminal.err.line('There are none that run.');
  return results.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
}

async function migrateOne(
  client: EngineClient,
  name: ExecutionName,
  body: Parameters<EngineClient['migrate']>[1],
): Promise<Result> {
  const execution = `${name.workflow}/${name.id}`;
  try {
    return { execution, outcome: await client.migrate(name, body) };
  } catch (error) {
    const isRefused =
      error instanceof CommandFailed && ['Knhk.DefinitionMismatch', 'Knhk.ExecutionClosed'].includes(error.code);
    if (!isRefused) throw error;
    return { execution, outcome: 'refused', problem: error.message };
  }
}
