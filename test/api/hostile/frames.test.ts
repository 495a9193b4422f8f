import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';

/** Messages of gRPC that are not what they say: each is refused, and the server goes on. */

let dataDir: string;
let server: LocalServer;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'knhk-frames-'));
  server = await startServer({ port: 0, buckets: 'none', dataDir }, { log: () => {} });
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

function frame(flags: number, length: number, content: Buffer | string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** A field with a number, and something that is none of its. */
const field = (number: number, wire: number, ...rest: number[]) => Buffer.from([(number << 3) | wire, ...rest]);
const named = (name: string) => Buffer.concat([field(1, 2, name.length), Buffer.from(name)]);

const frames: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['half a head', Buffer.from([0, 0, 0])],
  ['a length beyond what follows', frame(0, 1_000, 'short')],
  ['a length of four gigabytes', frame(0, 0xffff_ffff, 'short')],
  ['a length short of what follows', frame(0, 1, named('order'))],
  ['two messages where one is due', Buffer.concat([frame(0, 7, named('order')), frame(0, 7, named('other'))])],
  ['what is said to be compressed', frame(1, 5, 'plain')],
  ['flags that nobody knows', frame(0x7e, 7, named('order'))],
  ['a text that is longer than its message', frame(0, 2, field(1, 2, 100))],
  ['a text that is not UTF-8', frame(0, 4, field(1, 2, 2, 0xff, 0xfe))],
  ['a group that never ends', frame(0, 1, field(1, 3))],
  ['a number of field that does not exist', frame(0, 1, Buffer.from([0]))],
  ['a varint without end', frame(0, 12, Buffer.from([8, ...new Array(11).fill(0xff)]))],
  ['noise', frame(0, 300, Buffer.alloc(300, 0xa7))],
];

const METHODS = ['WorkflowService/GetWorkflow', 'ExecutionService/StreamHistory'];

describe.each(METHODS)('%s', (method) => {
  test.each(frames)('%s, over gRPC-Web', async (_name, bytes) => {
    const response = await fetch(`${server.url}/knhk.v1.${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto' },
      body: new Uint8Array(bytes),
    });
    const answer = Buffer.from(await response.arrayBuffer()).toString('latin1');
    const status = response.headers.get('grpc-status') ?? /grpc-status: ?(\d+)/.exec(answer)?.[1];
    expect([response.status, Number(status ?? 0) > 0 && Number(status) <= 16]).toEqual([200, true]);
    expect((await fetch(`${server.url}/v1/workflows`)).status).toBe(200);
  });

  test.each(frames)('%s, over gRPC', async (_name, bytes) => {
    const session = connect(server.url);
    const headers = {
      ':method': 'POST',
      ':path': `/knhk.v1.${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    const stream = session.request(headers);
    let status: unknown;
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    stream.on('response', (response) => {
      status ??= response['grpc-status'];
    });
    stream.on('error', () => {});
    stream.resume();
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.end(bytes);
    await closed;
    expect(Number(status) > 0 && Number(status) <= 16, String(status)).toBe(true);
    session.close();
    expect((await fetch(`${server.url}/v1/workflows`)).status).toBe(200);
  });
});
