import type { Execution } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { failedState } from '../failed-state.ts';
import { moment } from '../format.ts';
import { openLines } from '../open-work.ts';
import { nameOf, paintStatus, parseName, took } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';

/** Shows one execution: status, times, input, output, or what failed it and in which state, or what it waits for. */
export async function show(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const parsed = parseName(name);
  const execution = await client.execution(parsed);
  if (terminal.json) terminal.out.line(JSON.stringify(execution, undefined, 2));
  else {
    const state = execution.status === 'FAILED' ? await failedState(client.history(parsed)) : undefined;
    const open = execution.status === 'RUNNING' ? await client.open(parsed) : undefined;
    print(terminal.out, execution, { state, open: open && openLines(terminal.out, open) });
  }
  return EXIT.ok;
}

interface Details {
  /** The state that failed it. */
  readonly state: string | undefined;
  /** What is open in it. */
  readonly open: readonly string[] | undefined;
}

function print(screen: Screen, execution: Execution, { state, open }: Details): void {
  const { status, startedAt, closedAt, error, cause, input, output, arn, redriveCount, redrivenAt } = execution;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['execution', nameOf(execution)],
    ['arn', arn],
    ['status', paintStatus(screen, status)],
    ['started', moment(Date.parse(startedAt))],
    ['closed', closedAt === undefined ? undefined : `${moment(Date.parse(closedAt))}, after ${took(execution)}`],
    ['redriven', redrivenAt === undefined ? undefined : `${redrives(redriveCount)}, ${moment(Date.parse(redrivenAt))}`],
    ['state', state],
    ['error', error],
    ['cause', cause],
    ['open', open === undefined || open.length === 0 ? undefined : open.join('\n')],
    ['input', JSON.stringify(input, undefined, 2)],
    ['output', output === undefined ? undefined : JSON.stringify(output, undefined, 2)],
  ];
  for (const [label, value] of rows) {
    if (value === undefined) continue;
    screen.line(`${screen.paint('dim', label.padEnd(10))} ${value.replaceAll('\n', `\n${' '.repeat(11)}`)}`);
  }
}

function redrives(count: number): string {
  return count === 1 ? 'once' : `${count} times, last`;
}
