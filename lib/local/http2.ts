import type { Server } from 'node:http';
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';

export type Http2Listener = (incoming: Http2ServerRequest, outgoing: Http2ServerResponse) => void;

/** What a client of HTTP/2 sends first, and nobody else can: RFC 9113, 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** How long connections are kept, ms. */
export interface Patience {
  /** For a client that says nothing at all. */
  readonly silenceMs: number;
  /** For one of HTTP/2 that asks for nothing: clients connect again when they need to. */
  readonly idleMs: number;
  /** For the end of a request of HTTP/2 that has begun. Those of HTTP/1.1 have the same from Node. */
  readonly requestMs: number;
}

const PATIENCE: Patience = { silenceMs: 60_000, idleMs: 300_000, requestMs: 300_000 };

/**
 * Has a server of HTTP/1.1 answer HTTP/2 without TLS on the same port: the first bytes of a connection tell.
 * @returns what lets those connections go once their requests are answered; to be called when the server is closed.
 */
export function acceptHttp2(server: Server, listener: Http2Listener, patience = PATIENCE): () => void {
  const http2 = createServer(listener);
  const silent = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    watch(session, patience);
    if (!server.listening) session.close();
  });
  const serveHttp1 = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.setTimeout(patience.silenceMs, () => socket.destroy());
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

/** Ends connections, and requests, with which nothing happens. An answer may take as long as it likes: a history is followed for days. */
function watch(session: ServerHttp2Session, { idleMs, requestMs }: Patience): void {
  let open = 0;
  // Its client may be gone: there is no use in a polite goodbye.
  session.on('timeout', () => open === 0 && session.destroy());
  session.setTimeout(idleMs);
  session.on('stream', (stream) => {
    open += 1;
    // One without a body has ended already.
    const overdue = stream.endAfterHeaders
      ? undefined
      : setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), requestMs);
    stream.on('end', () => clearTimeout(overdue));
    stream.on('close', () => {
      clearTimeout(overdue);
      open -= 1;
      session.setTimeout(idleMs);
    });
  });
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
