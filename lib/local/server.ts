import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type AddressInfo, isIPv6 } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Origin } from '../api/auth/authenticator.ts';
import { type Api, withCors } from '../api/index.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Configuration } from './configuration.ts';
import { grpcListener, headOf } from './grpc.ts';
import { acceptHttp2, type Http2Listener } from './http2.ts';
import { type LocalApi, openLocalApi } from './local-api.ts';
import { foreignCaller } from './loopback.ts';

/** Without authentication whoever reaches the port may do everything, so only this machine does. */
const LOOPBACK = '127.0.0.1';
/** How long requests under way may take to end once the server is told to stop, ms. Long polls do not. */
const GRACE_MS = 500;

/** The engine of this machine, listening. */
export interface LocalServer {
  readonly url: string;
  /** Open executions that were found and taken up again. */
  readonly recovered: number;
  /** The same API without the way through the port. */
  fetch(request: Request): Promise<Response>;
  /** Takes no new connections, answers what is under way, stops the engine, closes the data folder. */
  close(): Promise<void>;
}

/**
 * Listens, then opens the engine: the port is known to be free before anything is taken up again, and what is taken up
 * can call back. Until the engine is open requests wait, and `/health` says so.
 * @throws ServerNotStarted, DataDirError, HandlersNotLoaded
 */
export async function startServer(configuration: Configuration, telemetry: Telemetry): Promise<LocalServer> {
  const gate = new Gate(configuration);
  const listener = getRequestListener((request, { incoming }) => gate.fetch(request, addressOf(incoming)));
  const server = createServer((incoming, outgoing) => {
    // While the server closes, a connection goes once its request is answered.
    outgoing.on('close', () => server.listening || server.closeIdleConnections());
    void listener(incoming, outgoing);
  });
  const letGo = acceptHttp2(server, (incoming, outgoing) => {
    void gate.answer(incoming, outgoing, listener);
  });
  const url = await listen(server, configuration);
  process.env['KNHK_URL'] = url;
  let api: LocalApi;
  try {
    api = await openLocalApi(configuration, telemetry);
  } catch (error) {
    gate.stop();
    await closeServer(server, letGo);
    throw error;
  }
  gate.open(api);
  return {
    url,
    recovered: api.recovered,
    fetch: (request) => api.fetch(request, { own: { subject: 'command line' } }),
    close: async () => {
      const closed = closeServer(server, letGo);
      const overdue = setTimeout(() => gate.stop(), GRACE_MS);
      await closed;
      clearTimeout(overdue);
      await api.close();
    },
  };
}

async function listen(server: Server, { port, host = LOOPBACK }: Configuration): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new ServerNotStarted(port, error);
  }
  // A server that listens on a TCP port has such an address.
  return `http://${nameOf(host)}:${(server.address() as AddressInfo).port}`;
}

/** Under which this machine reaches itself. */
function nameOf(host: string): string {
  if ([LOOPBACK, '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

function addressOf({ socket }: { readonly socket: { readonly remoteAddress?: string | undefined } }): Origin {
  return socket.remoteAddress === undefined ? {} : { address: socket.remoteAddress };
}

/** Waits for requests under way; connections that wait for the next one are closed. */
function closeServer(server: Server, letGo: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    letGo();
  });
}

/** Holds requests back until the engine is open, and gives up on those that outlast it. */
class Gate {
  readonly #stopped = Promise.withResolvers<Response>();
  readonly #opened = Promise.withResolvers<Pick<Api, 'fetch'>>();
  /** Of HTTP/2, once the engine is open. */
  #listener: Http2Listener | undefined;
  #api: LocalApi | undefined;
  readonly #corsOrigins: readonly string[];
  readonly #asks: boolean;
  #isOpen = false;

  constructor({ authentication, corsOrigins = [] }: Configuration) {
    this.#corsOrigins = corsOrigins;
    this.#asks = authentication !== undefined;
  }

  open(api: LocalApi): void {
    this.#isOpen = true;
    this.#api = api;
    this.#opened.resolve(withCors(api, this.#corsOrigins));
  }

  stop(): void {
    this.#stopped.resolve(unavailable('The engine is stopping. Try again once it has been started again.'));
    this.#api?.rpc.stop();
  }

  /** A request of HTTP/2: a call of gRPC, or one like those of HTTP/1.1. */
  async answer(incoming: Http2ServerRequest, outgoing: Http2ServerResponse, others: Http2Listener): Promise<void> {
    const { headers } = headOf(incoming);
    const isCall = /^application\/grpc/.test(headers.get('content-type') ?? '');
    if (!isCall || this.#refused(headers) !== undefined) return others(incoming, outgoing);
    await Promise.race([this.#opened.promise, this.#stopped.promise]);
    if (this.#api === undefined) return others(incoming, outgoing);
    this.#listener ??= grpcListener(this.#api.rpc, others);
    this.#listener(incoming, outgoing);
  }

  /** Who has to say who they are may come from anywhere. */
  #refused(headers: Headers): string | undefined {
    return this.#asks ? undefined : foreignCaller(headers, this.#corsOrigins);
  }

  async fetch(request: Request, origin: Origin): Promise<Response> {
    const foreign = this.#refused(request.headers);
    if (foreign !== undefined) return problem(403, 'Forbidden', 'Knhk.ForeignCaller', foreign);
    if (!this.#isOpen && new URL(request.url).pathname === '/health') return unavailable('The engine is starting.');
    const answer = this.#opened.promise.then((api) => api.fetch(request, origin));
    // A response can be sent only once, and several requests may be given up.
    return Promise.race([answer, this.#stopped.promise.then((response) => response.clone())]);
  }
}

function unavailable(detail: string): Response {
  return problem(503, 'Service Unavailable', 'Knhk.Unavailable', detail, { connection: 'close', 'retry-after': '1' });
}

function problem(
  status: number,
  title: string,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const body = JSON.stringify({ type: `urn:knhk:problem:${code}`, title, status, detail, code });
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}

export class ServerNotStarted extends Error {
  override readonly name = 'ServerNotStarted';
  readonly code: 'Knhk.PortInUse' | 'Knhk.PortRefused';

  constructor(port: number, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const other = port < 65_535 ? port + 1 : port - 1;
    super(
      reason === 'EADDRINUSE'
        ? `Port ${port} is in use: stop what listens there, or choose another, for example PORT=${other}.`
        : `Port ${port} cannot be listened on (${String(reason ?? cause)}): choose another, for example PORT=8080.`,
      { cause },
    );
    this.code = reason === 'EADDRINUSE' ? 'Knhk.PortInUse' : 'Knhk.PortRefused';
  }
}
