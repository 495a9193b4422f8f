import type { EngineClient, WorkItem } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../files.ts';
import { columns, moment } from '../format.ts';
import { keyOf } from '../open-work.ts';
import { nameOf, parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface WorkListFlags extends SessionFlags {
  readonly assignee?: string;
  readonly candidate?: string;
  readonly execution?: string;
  readonly limit: string;
}

export interface WorkFlags extends SessionFlags {
  readonly worker?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

const MAX_LIMIT = 1_000;

/** Lists what waits for people and systems outside: of everybody, of one of them, or in one execution. */
export async function workList(terminal: Terminal, flags: WorkListFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { assignee, candidate, execution } = flags;
  if ([assignee, candidate, execution].filter((flag) => flag !== undefined).length > 1) {
    throw new CommandFailed('Knhk.BadOption', 'Give one of --assignee, --candidate and --execution.');
  }
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new CommandFailed(
      'Knhk.CountInvalid',
      `--limit is a number from 1 to ${MAX_LIMIT}, and '${flags.limit}' is none.`,
    );
  }
  const found =
    execution === undefined
      ? await listed(client, { assignee, candidate }, limit)
      : { items: await client.workItemsOf(parseName(execution)), isAll: true };
  if (terminal.json) terminal.out.line(JSON.stringify(found.items, undefined, 2));
  else if (found.items.length === 0) terminal.err.line('There are none.');
  else print(terminal, found.items);
  if (!found.isAll) terminal.err.line(`There are more: --limit shows up to ${MAX_LIMIT}.`);
  return EXIT.ok;
}

/** Pages may be short although others follow. */
async function listed(
  client: EngineClient,
  filter: { readonly assignee: string | undefined; readonly candidate: string | undefined },
  limit: number,
): Promise<{ readonly items: readonly WorkItem[]; readonly isAll: boolean }> {
  const items: WorkItem[] = [];
  let after: string | undefined;
  do {
    const page = await client.workItems({ ...filter, limit: limit - items.length, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined && items.length < limit);
  return { items, isAll: after === undefined };
}

function print({ out }: Terminal, items: readonly WorkItem[]): void {
  const rows = items.map((item) => [
    ...[nameOf({ workflow: item.workflow, id: item.execution }), keyOf(item), item.status, whose(item)],
    ...[moment(Date.parse(item.offeredAt)), item.title ?? ''],
  ]);
  const [heading = [], ...cells] = columns([['EXECUTION', 'STATE', 'STATUS', 'WHO', 'SINCE', 'TITLE'], ...rows]);
  out.line(out.paint('dim', heading.join('  ').trimEnd()));
  for (const row of cells) out.line(row.join('  ').trimEnd());
}

function whose({ worker, assignee, candidates = [], unallocated, role }: WorkItem): string {
  if (unallocated === true) return role === undefined ? 'nobody yet' : `nobody yet (${role})`;
  return worker ?? assignee ?? candidates.join(',');
}

/** Takes a work item for a worker. */
export async function workStart(terminal: Terminal, name: string, flags: WorkFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { worker } = flags;
  if (worker === undefined) throw new CommandFailed('Knhk.BadOption', 'Name who starts it: --worker <name>.');
  return shown(terminal, await client.startWorkItem(await idOf(client, name), worker));
}

/** Gives it back. */
export async function workReturn(terminal: Terminal, name: string, flags: WorkFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  return shown(terminal, await client.returnWorkItem(await idOf(client, name), workerIn(flags)));
}

/** Hands it to somebody else. */
export async function workDelegate(
  terminal: Terminal,
  name: string,
  flags: WorkFlags & { readonly to: string },
): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  return shown(terminal, await client.delegateWorkItem(await idOf(client, name), { ...workerIn(flags), to: flags.to }));
}

export async function workComplete(terminal: Terminal, name: string, flags: WorkFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const output = await readInput(flags.output ?? '{}');
  await client.endWorkItem('complete', await idOf(client, name), { output, ...workerIn(flags) });
  terminal.err.line('It is done.');
  return EXIT.ok;
}

export async function workFail(terminal: Terminal, name: string, flags: WorkFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { error, cause } = flags;
  const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  await client.endWorkItem('fail', await idOf(client, name), { ...failure, ...workerIn(flags) });
  terminal.err.line('It has failed.');
  return EXIT.ok;
}

function workerIn({ worker }: WorkFlags): { readonly worker?: string } {
  return worker === undefined ? {} : { worker };
}

function shown(terminal: Terminal, item: WorkItem): ExitCode {
  if (terminal.json) terminal.out.line(JSON.stringify(item, undefined, 2));
  else print(terminal, [item]);
  return EXIT.ok;
}

/** Of a work item that is named as workflow/execution/state or workflow/execution/Map[1]/state; or the id itself. @throws CommandFailed */
async function idOf(client: EngineClient, name: string): Promise<string> {
  const [, execution, state] = /^([^/]+\/[^/]+)\/(.+)$/.exec(name) ?? [];
  if (execution === undefined || state === undefined) return name;
  const open = await client.workItemsOf(parseName(execution));
  const exact = open.filter((item) => keyOf(item) === state);
  const items = exact.length > 0 ? exact : open.filter((item) => item.state === state);
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return only.id;
  if (only === undefined) {
    const message = `No work item of the state '${state}' is open in ${execution}: see 'knhk work list --execution ${execution}'.`;
    throw new CommandFailed('Knhk.WorkItemNotFound', message, EXIT.notFound);
  }
  const keys = [...new Set(items.map(keyOf))];
  const which =
    keys.length === items.length
      ? `name one of ${keys.map((key) => `${execution}/${key}`).join(', ')}`
      : "give the id of one, from 'knhk work list --json'";
  const message = `${items.length} work items of the state '${state}' are open: ${which}.`;
  throw new CommandFailed('Knhk.NameInvalid', message);
}
