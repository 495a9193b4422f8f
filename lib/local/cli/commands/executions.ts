import type { EngineClient, ExecutionFilter, ExecutionSummary } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { nameOf, paintStatus, took } from '../print-execution.ts';
import { type SearchFlags, searchFieldsIn } from '../search-flags.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';

export interface ExecutionsFlags extends SessionFlags, SearchFlags {
  readonly workflow?: string;
  readonly status?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly count?: true;
}

/** Lists executions, newest first; children of map runs, of which there may be thousands, only where they are asked for. */
export async function executions(terminal: Terminal, flags: ExecutionsFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { workflow } = flags;
  const filter = readFilter(flags);
  if (flags.count === true) return count(terminal, client, filter);
  const query = { ...filter, limit: readLimit(flags.limit) };
  const { items, isAll } = workflow === undefined ? await withoutChildren(client, query) : await listed(client, query);
  if (terminal.json) terminal.out.line(JSON.stringify(items, undefined, 2));
  else if (items.length === 0) terminal.err.line('There are none.');
  else printTable(terminal.out, items);
  if (!isAll) terminal.err.line(`There are more: --limit shows up to 1000.`);
  return EXIT.ok;
}

type Filter = Omit<ExecutionFilter, 'limit' | 'after'>;

/** @throws CommandFailed */
function readFilter({ workflow, status, since, until, ...flags }: ExecutionsFlags): Filter {
  const { businessKey, tags = [], attributes } = searchFieldsIn(flags);
  if (tags.length > 1) throw new CommandFailed('Knhk.BadOption', 'Give one --tag: lists are by one.');
  return {
    workflow,
    status: status?.toUpperCase(),
    startedFrom: readTime('since', since),
    startedTo: readTime('until', until),
    businessKey,
    tag: tags[0],
    attributes: attributes && JSON.stringify(attributes),
  };
}

function readTime(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const time = Date.parse(given);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new CommandFailed('Knhk.BadOption', `--${option} must be a time, as 2026-11-23T10:00:00Z, and is '${given}'.`);
}

async function count(terminal: Terminal, client: EngineClient, filter: Filter): Promise<ExitCode> {
  const counts = await client.countExecutions(filter);
  if (terminal.json) terminal.out.line(JSON.stringify(counts, undefined, 2));
  else {
    const rows = Object.entries(counts.byStatus).map(([status, number]) => [status, String(number)]);
    for (const row of columns([...rows, ['all', String(counts.total)]])) terminal.out.line(row.join('  ').trimEnd());
    if (!counts.isComplete) terminal.err.line('There are more: these are as many as one request counts.');
  }
  return EXIT.ok;
}

/** @throws CommandFailed */
function readLimit(given: string): number {
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE) return limit;
  throw new CommandFailed('Knhk.CountInvalid', `--limit is a number from 1 to ${PAGE}, and '${given}' is none.`);
}

interface Listed {
  readonly items: readonly ExecutionSummary[];
  readonly isAll: boolean;
}

async function listed(client: EngineClient, query: ExecutionFilter): Promise<Listed> {
  const { items, next } = await client.executions(query);
  return { items, isAll: next === undefined };
}

/** Looks no further than so many pages of so many executions: a map run may have more children. */
const PAGES = 10;
const PAGE = 1_000;

async function withoutChildren(client: EngineClient, query: ExecutionFilter): Promise<Listed> {
  const found: ExecutionSummary[] = [];
  let next: string | undefined;
  for (let looked = 0; looked < PAGES && found.length <= query.limit; looked++) {
    const page = await client.executions({ ...query, limit: PAGE, after: next });
    found.push(...page.items.filter(({ workflow }) => !workflow.includes('/')));
    next = page.next;
    if (next === undefined) break;
  }
  return { items: found.slice(0, query.limit), isAll: next === undefined && found.length <= query.limit };
}

function lasted(item: ExecutionSummary): string {
  return item.suspendedAt === undefined ? took(item) : 'suspended';
}

function printTable(screen: Screen, items: readonly ExecutionSummary[]): void {
  const rows = items.map((item) => [nameOf(item), item.status, moment(Date.parse(item.startedAt)), lasted(item)]);
  const [heading = [], ...cells] = columns([['EXECUTION', 'STATUS', 'STARTED', 'TOOK'], ...rows]);
  screen.line(screen.paint('dim', heading.join('  ').trimEnd()));
  for (const [row, [name = '', status = '', ...times]] of cells.entries()) {
    const shown = paintStatus(screen, items[row]?.status ?? 'RUNNING', status);
    screen.line([name, shown, ...times].join('  ').trimEnd());
  }
}
