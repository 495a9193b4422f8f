import type { RateLimit } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface RateFlags extends SessionFlags {
  readonly burst?: string;
}

const LIST_LIMIT = 1_000;

export async function rateLimitsList(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const limits = await withClient(flags, async ({ client }) => {
    const all: RateLimit[] = [];
    let after: string | undefined;
    do {
      const page = await client.rateLimits(LIST_LIMIT, after);
      all.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return all;
  });
  if (terminal.json) terminal.out.line(JSON.stringify(limits, undefined, 2));
  else if (limits.length === 0) terminal.err.line('There are none.');
  else for (const cells of columns(limits.map(rowOf))) terminal.out.line(cells.join('  ').trimEnd());
  return EXIT.ok;
}

export async function rateLimitsShow(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  show(terminal, await withClient(flags, ({ client }) => client.rateLimit(name)));
  return EXIT.ok;
}

export async function rateLimitsSet(
  terminal: Terminal,
  name: string,
  rate: string,
  flags: RateFlags,
): Promise<ExitCode> {
  const burst = flags.burst === undefined ? {} : { burst: numberIn('--burst', flags.burst) };
  const wanted = { rate: numberIn('The rate', rate), ...burst };
  show(terminal, await withClient(flags, ({ client }) => client.setRateLimit(name, wanted)));
  return EXIT.ok;
}

export async function rateLimitsRemove(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  await withClient(flags, ({ client }) => client.removeRateLimit(name));
  if (terminal.json) terminal.out.line(JSON.stringify({ removed: name }));
  else terminal.out.line(`${name} is no longer set.`);
  return EXIT.ok;
}

function show(terminal: Terminal, limit: RateLimit): void {
  terminal.out.line(terminal.json ? JSON.stringify(limit, undefined, 2) : rowOf(limit).join('  ').trimEnd());
}

function rowOf({ name, rate, burst, isDefault }: RateLimit): string[] {
  return [name, `${rate} per second`, `${burst} at once`, isDefault ? 'of the deployment' : ''];
}

function numberIn(what: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new CommandFailed('Knhk.BadOption', `${what} is a number, and '${text}' is none.`);
}
