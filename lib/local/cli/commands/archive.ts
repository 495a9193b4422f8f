import type { KeyObject } from 'node:crypto';
import { type BundleLine, bundleOf, InvalidBundle, readBundle } from '../../../provenance/bundle.ts';
import type { SealedCommit } from '../../../provenance/commit-hash.ts';
import { NotDecrypted, openPayloadKey } from '../../../provenance/payload-cipher.ts';
import { decryptCommit } from '../../../state/encrypted-commit.ts';
import type { Archive, EngineClient } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readLines } from '../files.ts';
import { columns, moment } from '../format.ts';
import { parseName } from '../print-execution.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';
import { receiptOf } from './export.ts';

/** Shows what is archived of an execution. */
export async function archiveShow(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  const parsed = parseName(name);
  const archive = await withClient(flags, ({ client }) => client.archive(parsed));
  if (terminal.json) terminal.out.line(JSON.stringify(archive, undefined, 2));
  else print(terminal.out, archive);
  return EXIT.ok;
}

function print(screen: Screen, { heldSince, keyDestroyedAt, logs }: Archive): void {
  if (logs.length === 0) screen.line('Nothing is archived yet: that happens when it has closed.');
  const rows = logs.map(({ location, commits, part, archivedAt, retainedUntil }) => [
    location,
    `${commits} ${commits === 1 ? 'commit' : 'commits'}${part === undefined ? '' : `, part ${part}`}`,
    `archived ${atTime(archivedAt)}`,
    retainedUntil === undefined ? '' : `kept until ${atTime(retainedUntil)}`,
  ]);
  for (const cells of columns(rows)) screen.line(cells.join('  ').trimEnd());
  if (heldSince !== undefined) screen.line(`Under legal hold since ${atTime(heldSince)}.`);
  if (keyDestroyedAt !== undefined) {
    screen.line(`Its payloads are erased since ${atTime(keyDestroyedAt)}: what is archived proves how it went.`);
  }
}

function atTime(text: string): string {
  return moment(Date.parse(text));
}

/** Puts the archive of an execution under legal hold, or lifts it. */
export async function archiveHold(
  terminal: Terminal,
  name: string,
  isHeld: boolean,
  flags: SessionFlags,
): Promise<ExitCode> {
  const parsed = parseName(name);
  await withClient(flags, ({ client }) => client.setLegalHold(parsed, isHeld));
  if (terminal.json) terminal.out.line(JSON.stringify({ execution: name, isHeld }));
  else if (isHeld) terminal.out.line(`${name} is under legal hold: nothing of it is deleted or erased.`);
  else terminal.out.line(`${name} is under no legal hold any more.`);
  return EXIT.ok;
}

/** Prints an archived bundle with its payloads, for which it asks the engine for the key of each execution in it. */
export async function archiveOpen(terminal: Terminal, file: string, flags: SessionFlags): Promise<ExitCode> {
  try {
    await withClient(flags, async ({ client }) => {
      for await (const line of opened(client, file)) terminal.out.line(line);
    });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof InvalidBundle || error instanceof NotDecrypted) {
      throw new CommandFailed(error.code, `'${file}': ${error.message}`);
    }
    throw error;
  }
}

async function* opened(client: EngineClient, file: string): AsyncGenerator<string> {
  const lines = readBundle(readLines(file));
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    if (line.value.kind !== 'head') throw new InvalidBundle(`Line ${line.value.number} belongs to no execution.`);
    const { execution } = line.value;
    const commits = decrypted(client, execution, lines);
    // Before anything is printed: without its key nothing is.
    const first = await commits.next();
    yield* bundleOf(execution, startingWith(first, commits), await receiptOf(client, parseName(execution)));
  }
}

async function* startingWith<T>(first: IteratorResult<T, void>, others: AsyncIterable<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* others;
}

/** Up to the receipt, which was none when it was archived. */
async function* decrypted(
  client: EngineClient,
  execution: string,
  lines: AsyncGenerator<BundleLine>,
): AsyncGenerator<SealedCommit, void> {
  let key: KeyObject | undefined;
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    if (line.value.kind !== 'commit') return;
    const commit = { ...line.value.commit, execution };
    if (commit.encrypted !== undefined) key ??= openPayloadKey((await client.archiveKey(parseName(execution))).key);
    yield key === undefined ? commit : decryptCommit(commit, key);
  }
}
