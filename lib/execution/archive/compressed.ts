import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Lines as a file, compressed by gzip. Rejects as they do. */
export async function compressed(lines: AsyncIterable<string> | Iterable<string>): Promise<Uint8Array> {
  const gzip = createGzip();
  const [content] = await Promise.all([buffer(gzip), pipeline(Readable.from(withLineEnds(lines)), gzip)]);
  return content;
}

async function* withLineEnds(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
