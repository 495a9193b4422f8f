import { type KeyPlace, keyPlaces } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface KeyFlags extends SessionFlags {
  /** Access keys; otherwise API keys. */
  readonly access?: boolean;
}

export interface NewKeyFlags extends KeyFlags {
  readonly scope: readonly string[];
  readonly tenant?: string;
  readonly days?: string;
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 3_650;
const LIST_LIMIT = 1_000;

/** Makes a key, and shows its secret, this once. */
export async function keysCreate(terminal: Terminal, name: string, flags: NewKeyFlags): Promise<ExitCode> {
  const { scope: scopes, tenant } = flags;
  const expiresAt = flags.days === undefined ? undefined : expiry(flags.days);
  const made = await withClient(flags, ({ client }) =>
    client.createKey(placeOf(flags), {
      name,
      scopes: [...scopes],
      ...(tenant === undefined ? {} : { tenant }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }),
  );
  if (terminal.json) terminal.out.line(JSON.stringify(made, undefined, 2));
  else if (flags.access === true) {
    terminal.out.line(`AWS_ACCESS_KEY_ID=${made.id}`);
    terminal.out.line(`AWS_SECRET_ACCESS_KEY=${made.secret}`);
  } else terminal.out.line(made.secret);
  if (!terminal.json)
    terminal.err.line(`Key ${made.id}. The secret is not shown again: keep it where secrets are kept.`);
  return EXIT.ok;
}

export async function keysList(terminal: Terminal, flags: KeyFlags): Promise<ExitCode> {
  const keys = await withClient(flags, async ({ client }) => {
    const all = [];
    let after: string | undefined;
    do {
      const page = await client.keys(placeOf(flags), LIST_LIMIT, after);
      all.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return all.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  });
  if (terminal.json) terminal.out.line(JSON.stringify(keys, undefined, 2));
  else if (keys.length === 0) terminal.err.line('There are none.');
  else {
    const rows = keys.map(({ id, name, tenant = '', expiresAt, scopes }) => {
      const until = expiresAt === undefined ? 'for ever' : `until ${moment(Date.parse(expiresAt))}`;
      return [id, name, tenant, until, scopes.join(' ')];
    });
    for (const cells of columns(rows)) terminal.out.line(cells.join('  ').trimEnd());
  }
  return EXIT.ok;
}

export async function keysRevoke(terminal: Terminal, id: string, flags: KeyFlags): Promise<ExitCode> {
  await withClient(flags, ({ client }) => client.revokeKey(placeOf(flags), id));
  if (terminal.json) terminal.out.line(JSON.stringify({ revoked: id }));
  else terminal.out.line(`${id} is revoked; every process refuses it within 30 seconds.`);
  return EXIT.ok;
}

function placeOf({ access = false }: KeyFlags): KeyPlace {
  return access ? keyPlaces.access : keyPlaces.api;
}

function expiry(text: string): string {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)
    return new Date(Date.now() + days * DAY_MS).toISOString();
  throw new CommandFailed('Knhk.BadOption', `--days is a number from 1 to ${MAX_DAYS}, and '${text}' is none.`);
}
