import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import process from 'node:process';
import { afterEach, describe, expect, test } from 'vitest';
import { acceptHttp2, type Patience } from '../../lib/local/http2.ts';

/** Short enough that a test need not wait, and not a limit of anything else. */
const SHORT = 50;
const LONG = 600_000;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const opened: (Server | Socket | ClientHttp2Session)[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) 'close' in one ? one.close() : one.destroy();
});

/** Answers what was sent once it is there, and `/wait` when the test says so. */
async function serve(patience: Partial<Patience>) {
  const answer = Promise.withResolvers<void>();
  const server = createServer((_request, response) => void response.end('http/1.1'));
  acceptHttp2(
    server,
    (incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', async () => {
        if (incoming.url === '/wait') await answer.promise;
        outgoing.end(Buffer.concat(parts));
      });
    },
    { silenceMs: LONG, idleMs: LONG, requestMs: LONG, ...patience },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(server);
  const { port } = server.address() as AddressInfo;
  return { port, answer: answer.resolve };
}

async function socketTo(port: number, bytes: Buffer | string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  opened.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  socket.resume();
  return socket;
}

describe('A connection with which nothing happens is ended', () => {
  test.each([
    ['that says nothing', ''],
    ['that stops within the preface', PREFACE.slice(0, 10)],
  ])('one %s', async (_what, bytes) => {
    const { port } = await serve({ silenceMs: SHORT });
    await once(await socketTo(port, bytes), 'close');
  });

  test.each([
    ['that asks for nothing', Buffer.from(PREFACE)],
    ['whose first frame is cut', Buffer.concat([Buffer.from(PREFACE), Buffer.from([0, 0, 255, 4, 0, 0])])],
    ['that sends garbage', Buffer.concat([Buffer.from(PREFACE), Buffer.alloc(300, 0xff)])],
  ])('one of HTTP/2 %s', async (_what, bytes) => {
    const { port } = await serve({ idleMs: SHORT });
    await once(await socketTo(port, bytes), 'close');
  });

  test('one of HTTP/2 whose client has gone halfway', async () => {
    const { port } = await serve({ idleMs: SHORT });
    const socket = await socketTo(port, PREFACE);
    socket.end();
    await once(socket, 'close');
  });

  test('a request of HTTP/2 that never ends, and not the others beside it', async () => {
    const { port } = await serve({ requestMs: SHORT });
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    opened.push(session);
    const stalled = session.request({ ':method': 'POST', ':path': '/' });
    stalled.on('error', () => {});
    stalled.write('half of');
    await once(stalled, 'close');
    expect(stalled.rstCode).toBe(constants.NGHTTP2_CANCEL);
    const whole = session.request({ ':method': 'POST', ':path': '/' });
    whole.end('whole');
    expect(String((await once(whole, 'data'))[0])).toBe('whole');
  });
});

test('many requests of one connection leave nothing behind', async () => {
  const { port } = await serve({});
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  opened.push(session);
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  for (let i = 0; i < 30; i += 1) {
    const request = session.request({ ':method': 'POST', ':path': '/' });
    request.end('x');
    request.resume();
    await once(request, 'close');
  }
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('an answer may take longer than a client may be silent', async () => {
  const { port, answer } = await serve({ idleMs: SHORT, requestMs: SHORT });
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  opened.push(session);
  const waiting = session.request({ ':method': 'POST', ':path': '/wait' });
  waiting.end('late');
  const bare = session.request({ ':method': 'GET', ':path': '/wait' });
  // Another connection, with the same patience, is ended meanwhile.
  await once(await socketTo(port, PREFACE), 'close');
  answer();
  expect(String((await once(waiting, 'data'))[0])).toBe('late');
  bare.resume();
  await once(bare, 'close');
  expect(bare.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  await once(session, 'close');
});
