import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const CHUNK_CHARACTERS = 65_536;

/** Lines as a file, compressed by gzip. Rejects as they do. */
export async function compressed(lines: AsyncIterable<string> | Iterable<string>): Promise<Uint8Array> {
  const gzip = createGzip();
  const [content] = await Promise.all([buffer(gzip), pipeline(Readable.from(inChunks(lines)), gzip)]);
  return content;
}

/** Each chunk goes to another thread and back, which costs as much as a line does. */
async function* inChunks(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
