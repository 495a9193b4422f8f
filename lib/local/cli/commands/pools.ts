import type { Pool, PoolLimit } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

const LIST_LIMIT = 1_000;

export async function poolsList(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const pools = await withClient(flags, async ({ client }) => {
    const all: PoolLimit[] = [];
    let after: string | undefined;
    do {
      const page = await client.pools(LIST_LIMIT, after);
      all.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return all;
  });
  if (terminal.json) terminal.out.line(JSON.stringify(pools, undefined, 2));
  else if (pools.length === 0) terminal.err.line('There are none.');
  else for (const cells of columns(pools.map(rowOf))) terminal.out.line(cells.join('  ').trimEnd());
  return EXIT.ok;
}

export async function poolsShow(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  const pool = await withClient(flags, ({ client }) => client.pool(name));
  if (terminal.json) terminal.out.line(JSON.stringify(pool, undefined, 2));
  else show(terminal, pool);
  return EXIT.ok;
}

export async function poolsSet(
  terminal: Terminal,
  name: string,
  limit: string,
  flags: SessionFlags,
): Promise<ExitCode> {
  if (!/^\d+$/.test(limit))
    throw new CommandFailed('Knhk.BadOption', `The limit is an integer, and '${limit}' is none.`);
  const pool = await withClient(flags, ({ client }) => client.setPool(name, Number(limit)));
  if (terminal.json) terminal.out.line(JSON.stringify(pool, undefined, 2));
  else terminal.out.line(rowOf(pool).join('  '));
  return EXIT.ok;
}

export async function poolsRemove(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  await withClient(flags, ({ client }) => client.removePool(name));
  if (terminal.json) terminal.out.line(JSON.stringify({ removed: name }));
  else terminal.out.line(`${name} has no limit of its own any more.`);
  return EXIT.ok;
}

function rowOf({ name, limit, changedAt }: PoolLimit): string[] {
  return [
    name,
    `limit ${limit}`,
    changedAt === undefined ? 'of the deployment' : `since ${moment(Date.parse(changedAt))}`,
  ];
}

function show(terminal: Terminal, pool: Pool): void {
  const { name, limit, inUse, holders, waiters, next } = pool;
  const waiting = `${waiters.length}${next === undefined ? '' : ' or more'}`;
  terminal.out.line(`${name}: ${inUse} of ${limit} in use, ${waiting} waiting`);
  const rows = [
    ...holders.map(({ grantedAt, ...holder }) => ['has it since', moment(Date.parse(grantedAt)), placeOf(holder)]),
    ...waiters.map(({ askedAt, ...holder }) => ['waits since', moment(Date.parse(askedAt)), placeOf(holder)]),
  ];
  for (const cells of columns(rows)) terminal.out.line(cells.join('  ').trimEnd());
}

/** `order/A-1001`, and the state. */
function placeOf({ execution, state }: { readonly execution: string; readonly state?: string | undefined }): string {
  const [workflow, name] = execution.split(':').slice(6);
  return `${workflow}/${name}${state === undefined ? '' : ` ${state}`}`;
}
