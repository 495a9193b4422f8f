import type { Server } from 'node:http';
import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

export type Http2Listener = (incoming: Http2ServerRequest, outgoing: Http2ServerResponse) => void;

/** What a client of HTTP/2 sends first, and nobody else can: RFC 9113, 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** How long a client may say nothing at all, ms. */
const SILENCE_MS = 60_000;

/**
 * Has a server of HTTP/1.1 answer HTTP/2 without TLS on the same port: the first bytes of a connection tell.
 * @returns what lets those connections go once their requests are answered; to be called when the server is closed.
 */
export function acceptHttp2(server: Server, listener: Http2Listener): () => void {
  const http2 = createServer(listener);
  const silent = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    if (!server.listening) session.close();
  });
  const serveHttp1 = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    const decided = (isHttp2: boolean) => {
      silent.delete(socket);
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      if (isHttp2) http2.emit('connection', socket);
      else for (const serve of serveHttp1) serve.call(server, socket);
    };
    socket.once('close', () => silent.delete(socket));
    listen(socket, decided);
  });
  return () => {
    for (const socket of silent) socket.destroy();
    for (const session of sessions) session.close();
  };
}

/** Tells as soon as the bytes say so, and leaves them for whoever reads the socket next. */
function listen(socket: Socket, decided: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const ignore = () => {};
  const read = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const isHttp2 = seen.subarray(0, PREFACE.length).equals(PREFACE);
    const mayBecome = seen.length < PREFACE.length && seen.equals(PREFACE.subarray(0, seen.length));
    if (!isHttp2 && mayBecome) return;
    socket.off('readable', read);
    socket.off('error', ignore);
    socket.unshift(seen);
    decided(isHttp2);
  };
  // Of one that goes away before it has said anything.
  socket.on('error', ignore);
  socket.on('readable', read);
}
