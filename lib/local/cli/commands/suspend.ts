import type { EngineClient, ExecutionName } from '../client.ts';
import { executionsMeant } from '../executions-meant.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface SuspendFlags extends SessionFlags {
  readonly workflow?: string;
  readonly reason?: string;
}

/** Holds executions back: one, or all of a workflow that run. */
export function suspend(terminal: Terminal, name: string | undefined, flags: SuspendFlags): Promise<ExitCode> {
  const { reason } = flags;
  const body = reason === undefined ? {} : { reason };
  return change(terminal, name, flags, 'suspended', (client, execution) => client.suspend(execution, body));
}

/** Lets them go on. */
export function resume(terminal: Terminal, name: string | undefined, flags: SuspendFlags): Promise<ExitCode> {
  return change(terminal, name, flags, 'resumed', (client, execution) => client.resume(execution));
}

interface Result {
  readonly execution: string;
  readonly outcome: string;
}

async function change(
  terminal: Terminal,
  name: string | undefined,
  flags: SuspendFlags,
  done: string,
  apply: (client: EngineClient, execution: ExecutionName) => Promise<unknown>,
): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const results: Result[] = [];
  for await (const execution of executionsMeant(client, name, flags.workflow)) {
    const result = { execution: `${execution.workflow}/${execution.id}`, outcome: done };
    try {
      await apply(client, execution);
    } catch (error) {
      // One of many may have closed meanwhile.
      const hasClosed = error instanceof CommandFailed && error.code === 'Knhk.ExecutionClosed';
      if (!hasClosed || name !== undefined) throw error;
      result.outcome = 'closed';
    }
    results.push(result);
    if (!terminal.json) terminal.out.line(`${result.execution}  ${result.outcome}`);
  }
  if (terminal.json) terminal.out.line(JSON.stringify(results, undefined, 2));
  else if (results.length === 0) terminal.err.line('There are none that run.');
  return EXIT.ok;
}
