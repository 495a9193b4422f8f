import type { ExecutionSummary } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { nameOf, paintStatus, took } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';

export interface ExecutionsFlags extends SessionFlags {
  readonly workflow?: string;
  readonly status?: string;
  readonly limit: string;
}

/** Lists executions, newest first. */
export async function executions(terminal: Terminal, flags: ExecutionsFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { workflow, status } = flags;
  const page = await client.executions({ workflow, status: status?.toUpperCase(), limit: Number(flags.limit) });
  if (terminal.json) terminal.out.line(JSON.stringify(page.items, undefined, 2));
  else if (page.items.length === 0) terminal.err.line('There are none.');
  else printTable(terminal.out, page.items);
  if (page.next !== undefined) terminal.err.line(`There are more: --limit shows up to 1000.`);
  return EXIT.ok;
}

function printTable(screen: Screen, items: readonly ExecutionSummary[]): void {
  const rows = items.map((item) => [nameOf(item), item.status, moment(Date.parse(item.startedAt)), took(item)]);
  const [heading = [], ...cells] = columns([['EXECUTION', 'STATUS', 'STARTED', 'TOOK'], ...rows]);
  screen.line(screen.paint('dim', heading.join('  ').trimEnd()));
  for (const [row, [name = '', status = '', ...times]] of cells.entries()) {
    const shown = paintStatus(screen, items[row]?.status ?? 'RUNNING', status);
    screen.line([name, shown, ...times].join('  ').trimEnd());
  }
}
