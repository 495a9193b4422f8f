import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Json } from '../../model/json.ts';
import { CommandFailed, EXIT } from './exit.ts';

/** @throws CommandFailed */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw fileTrouble(file, error);
  }
}

/** The lines of a file, which may be compressed by gzip, in memory for one. @throws CommandFailed */
export async function* readLines(file: string): AsyncGenerator<string> {
  const opened: Readable[] = [];
  try {
    const isCompressed = (await firstBytes(file, GZIP.length)).equals(GZIP);
    const stream = createReadStream(file);
    opened.push(stream);
    // What goes wrong shows to who reads.
    const input = isCompressed ? pipeline(stream, createGunzip(), () => {}) : stream;
    opened.push(input);
    input.setEncoding('utf8');
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    throw fileTrouble(file, error);
  } finally {
    for (const stream of opened) stream.destroy();
  }
}

/** What every compressed file begins with, RFC 1952. */
const GZIP = Buffer.from([0x1f, 0x8b]);

async function firstBytes(file: string, count: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Why a file cannot be read. */
export function fileTrouble(file: string, error: unknown): CommandFailed {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  if (isMissing) return new CommandFailed('Knhk.FileNotFound', `There is no file '${file}'.`, EXIT.notFound);
  return new CommandFailed('Knhk.FileNotRead', `'${file}' cannot be read: ${messageOf(error)}.`);
}

/** JSON as given on the command line: the text itself, or `@` and the name of a file that holds it. @throws CommandFailed */
export async function readInput(given: string): Promise<Json> {
  const text = given.startsWith('@') ? await readText(given.slice(1)) : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = given.startsWith('@') ? `'${given.slice(1)}'` : 'The input';
    throw new CommandFailed('Knhk.InputInvalid', `${what} is not JSON: ${messageOf(error)}.`);
  }
}

/** The name of the workflow in a file: `order.asl.json` holds `order`. */
export function workflowNameOf(file: string): string {
  const [name = ''] = basename(file).split('.');
  return name;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
