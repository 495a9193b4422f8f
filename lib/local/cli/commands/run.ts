import { registerActivities } from '../activities.ts';
import type { Execution, ExecutionName } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readInput, readText, workflowNameOf } from '../files.ts';
import { openLines } from '../open-work.ts';
import { exitCodeOf, headline, nameOf } from '../print-execution.ts';
import { Progress } from '../progress.ts';
import { type SearchFlags, searchFieldsIn } from '../search-flags.ts';
import { anySession, type Session, type SessionFlags } from '../session.ts';
import { onStopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { shownEvent } from '../trail.ts';
import { checkText, printFindings } from './validate.ts';

export interface RunFlags extends SessionFlags, SearchFlags {
  readonly input: string;
  readonly name?: string;
  readonly workflow?: string;
  readonly watch?: boolean;
  /** Seconds. */
  readonly timeout?: string;
}

/** How long one request waits for the end of the execution, seconds. */
const WAIT_SECONDS = 20;

/** Registers the definition and the activities it names, starts an execution of it, and waits for its end. */
export async function run(terminal: Terminal, file: string, flags: RunFlags): Promise<ExitCode> {
  const definition = await readText(file);
  const input = await readInput(flags.input);
  const search = searchFieldsIn(flags);
  const patience = readTimeout(flags.timeout);
  const findings = checkText(definition);
  printFindings(terminal.err, file, findings);
  if (findings.some(({ severity }) => severity === 'ERROR')) return EXIT.failed;
  const interrupted = onStopSignal();
  const session = await anySession(flags);
  try {
    const { client } = session;
    const { name: workflow } = await client.putWorkflow(flags.workflow ?? workflowNameOf(file), definition);
    await registerActivities(client, definition);
    const name = await client.start(workflow, input, flags.name, search);
    terminal.err.line(`Runs as ${nameOf(name)} in ${session.where}.`);
    const limit = AbortSignal.any([interrupted, ...(patience === undefined ? [] : [AbortSignal.timeout(patience)])]);
    const closed = await (flags.watch ? watched(session, name, terminal, limit) : awaited(session, name, limit));
    if (closed === undefined) return await stillOpen(terminal, session, name, interrupted);
    print(terminal, closed);
    return exitCodeOf(closed);
  } finally {
    await session.close();
  }
}

function readTimeout(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const seconds = Number(given);
  if (seconds > 0 && seconds <= 1_000_000) return seconds * 1000;
  throw new CommandFailed('Knhk.TimeoutInvalid', `--timeout is a number of seconds, and '${given}' is none.`);
}

async function watched(
  { client }: Session,
  name: ExecutionName,
  terminal: Terminal,
  limit: AbortSignal,
): Promise<Execution | undefined> {
  const progress = new Progress(terminal.err);
  for await (const event of client.follow(name, limit)) {
    if (event === undefined) progress.showOpen(await client.open(name));
    else progress.show(shownEvent(event));
  }
  return limit.aborted ? undefined : client.execution(name);
}

/** `undefined`: the limit came first. */
async function awaited({ client }: Session, name: ExecutionName, limit: AbortSignal): Promise<Execution | undefined> {
  const stopped = new Promise<undefined>((resolve) => limit.addEventListener('abort', () => resolve(undefined)));
  while (!limit.aborted) {
    const answer = await Promise.race([client.execution(name, WAIT_SECONDS), stopped]);
    if (answer !== undefined && answer.status !== 'RUNNING') return answer;
  }
  return undefined;
}

async function stillOpen(
  { err }: Terminal,
  { client }: Session,
  name: ExecutionName,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const why = interrupted.aborted ? 'Interrupted' : 'The time is over';
  err.line(`${why}: ${nameOf(name)} is still open, and goes on whenever an engine runs on its data.`);
  for (const line of openLines(err, await client.open(name))) err.line(`  ${line}`);
  return interrupted.aborted ? EXIT.interrupted : EXIT.timeout;
}

function print(terminal: Terminal, execution: Execution): void {
  terminal.err.line(headline(terminal.err, execution));
  if (terminal.json) terminal.out.line(JSON.stringify(execution, undefined, 2));
  else if (execution.output !== undefined) terminal.out.line(JSON.stringify(execution.output, undefined, 2));
}
