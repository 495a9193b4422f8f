import type { Execution, StateAt } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { failedState } from '../failed-state.ts';
import { moment } from '../format.ts';
import { keyOf, openLines } from '../open-work.ts';
import { nameOf, paintStatus, parseName, took } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';

export interface ShowFlags extends SessionFlags {
  readonly at?: string;
  readonly from?: string;
}

/** Shows one execution: status, times, input, output, or what failed it and in which state, or what it waits for. */
export async function show(terminal: Terminal, name: string, flags: ShowFlags): Promise<ExitCode> {
  if (flags.at !== undefined || flags.from !== undefined) return showPast(terminal, name, flags);
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

/** Shows it as it was at a moment, and what had changed since another. */
async function showPast({ out, json }: Terminal, name: string, flags: ShowFlags): Promise<ExitCode> {
  const parsed = parseName(name);
  const past = await remoteSession(flags).client.stateAt(parsed, { at: flags.at, from: flags.from });
  if (json) out.line(JSON.stringify(past, undefined, 2));
  else printRows(out, pastRows(out, past));
  return EXIT.ok;
}

function pastRows(screen: Screen, past: StateAt): Rows {
  const { at, event, commit, status, error, cause, output, variables, open, changes } = past;
  const lines = openLines(screen, open);
  return [
    ['at', `event ${event}, commit ${commit}, ${moment(Date.parse(at))}`],
    ['status', paintStatus(screen, status)],
    ['error', error],
    ['cause', cause],
    ['open', lines.length === 0 ? undefined : lines.join('\n')],
    ...variables.flatMap(({ within, values }) =>
      Object.entries(values).map(
        ([name, value]) => ['variable', `${pathTo(within, name)} = ${JSON.stringify(value)}`] as const,
      ),
    ),
    ['output', output === undefined ? undefined : JSON.stringify(output, undefined, 2)],
    ...(changes === undefined ? [] : changeRows(changes)),
  ];
}

function changeRows({ from, entered, left, variables }: NonNullable<StateAt['changes']>): Rows {
  const changed = variables.map(({ name, within, before, after }) => {
    const value = after === undefined ? 'is gone' : `= ${JSON.stringify(after)}`;
    return `${pathTo(within, name)} ${value}${before === undefined ? '' : `, was ${JSON.stringify(before)}`}`;
  });
  return [
    ['since', `event ${from.event}, commit ${from.commit}, ${moment(Date.parse(from.at))}`],
    ...entered.map((visit) => ['entered', keyOf(visit)] as const),
    ...left.map((visit) => ['left', keyOf(visit)] as const),
    ...changed.map((line) => ['changed', line] as const),
  ];
}

function pathTo(within: string | undefined, name: string): string {
  return within === undefined ? name : `${within}/${name}`;
}

interface Details {
  /** The state that failed it. */
  readonly state: string | undefined;
  /** What is open in it. */
  readonly open: readonly string[] | undefined;
}

function print(screen: Screen, execution: Execution, { state, open }: Details): void {
  const { status, startedAt, closedAt, error, cause, input, output, arn, redriveCount, redrivenAt } = execution;
  printRows(screen, [
    ['execution', nameOf(execution)],
    ['arn', arn],
    ['status', paintStatus(screen, status)],
    ['started', moment(Date.parse(startedAt))],
    ['closed', closedAt === undefined ? undefined : `${moment(Date.parse(closedAt))}, after ${took(execution)}`],
    ['key', execution.businessKey],
    ['tags', execution.tags?.join(', ')],
    ...Object.entries(execution.attributes ?? {}).map(
      ([name, value]) => ['attribute', `${name} = ${JSON.stringify(value)}`] as const,
    ),
    ['suspended', suspension(execution)],
    ['redriven', redrivenAt === undefined ? undefined : `${redrives(redriveCount)}, ${moment(Date.parse(redrivenAt))}`],
    ['state', state],
    ['error', error],
    ['cause', cause],
    ['open', open === undefined || open.length === 0 ? undefined : open.join('\n')],
    ['input', JSON.stringify(input, undefined, 2)],
    ['output', output === undefined ? undefined : JSON.stringify(output, undefined, 2)],
  ]);
}

/** A label and what stands behind it; `undefined`: nothing is shown. */
type Rows = readonly (readonly [label: string, value: string | undefined])[];

function printRows(screen: Screen, rows: Rows): void {
  for (const [label, value] of rows) {
    if (value === undefined) continue;
    screen.line(`${screen.paint('dim', label.padEnd(10))} ${value.replaceAll('\n', `\n${' '.repeat(11)}`)}`);
  }
}

function suspension({ suspendedAt, suspendReason }: Execution): string | undefined {
  if (suspendedAt === undefined) return undefined;
  const since = `since ${moment(Date.parse(suspendedAt))}`;
  return suspendReason === undefined ? since : `${since}: ${suspendReason}`;
}

function redrives(count: number): string {
  return count === 1 ? 'once' : `${count} times, last`;
}
