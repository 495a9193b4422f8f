import { EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

const LIST_LIMIT = 1_000;
/** ARNs that one request takes. */
const AT_ONCE = 200;

/** Shows the executions that were given up, the oldest trouble first. */
export async function deadLettersList(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const letters = await withClient(flags, async ({ client }) => {
    const all = [];
    let after: string | undefined;
    do {
      const page = await client.deadLetters(LIST_LIMIT, after);
      all.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return all.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
  });
  if (terminal.json) terminal.out.line(JSON.stringify(letters, undefined, 2));
  else if (letters.length === 0) terminal.err.line('There are none.');
  else {
    const rows = letters.map(({ execution, since, failures, error }) => [
      execution,
      `since ${moment(Date.parse(since))}`,
      `${failures} failures`,
      `${error.code}: ${error.message}`,
    ]);
    for (const cells of columns(rows)) terminal.out.line(cells.join('  ').trimEnd());
  }
  return EXIT.ok;
}

/** Lets them go on: those that are named, or all. */
export async function deadLettersRedrive(
  terminal: Terminal,
  executions: readonly string[],
  flags: SessionFlags,
): Promise<ExitCode> {
  const redriven = await withClient(flags, async ({ client }) => {
    const sent: string[] = [];
    if (executions.length > 0) {
      for (let i = 0; i < executions.length; i += AT_ONCE) {
        sent.push(...(await client.redriveDeadLetters(executions.slice(i, i + AT_ONCE))).redriven);
      }
      return sent;
    }
    for (let more = true; more; ) {
      const answer = await client.redriveDeadLetters(undefined);
      sent.push(...answer.redriven);
      more = answer.more;
    }
    return sent;
  });
  if (terminal.json) terminal.out.line(JSON.stringify({ redriven }, undefined, 2));
  else if (redriven.length === 0) terminal.err.line('There are none.');
  else for (const execution of redriven) terminal.out.line(`${execution} goes on.`);
  return EXIT.ok;
}

export async function deadLettersDelete(terminal: Terminal, execution: string, flags: SessionFlags): Promise<ExitCode> {
  await withClient(flags, ({ client }) => client.deleteDeadLetter(execution));
  if (terminal.json) terminal.out.line(JSON.stringify({ deleted: execution }));
  else terminal.out.line(`${execution} is no longer in the list; it stays as it is.`);
  return EXIT.ok;
}
