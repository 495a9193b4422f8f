import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of a request: it goes its way; it is never sent; or it is, and its answer never comes. */
export type Fate = 'answered' | 'swallowed' | 'unanswered';

/** A way to a server that can be cut: afterwards nothing passes in either direction, for good. */
export class Wire {
  readonly #target: URL;
  readonly #fate: () => Fate;
  readonly #cut: () => void;
  readonly #server: Server;
  #isCut = false;

  /** @param cut is called when a request has met a fate other than `answered`. */
  constructor(target: string, fate: () => Fate, cut: () => void) {
    this.#target = new URL(target);
    this.#fate = fate;
    this.#cut = cut;
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    // It keeps its port, so that no other wire gets it.
    this.#server.on('connection', (socket) => this.#isCut && socket.destroy());
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    if (this.#isCut) return;
    const fate = this.#fate();
    if (fate === 'swallowed') return this.#cut();
    const { statusCode = 502, headers, content } = await this.#send(incoming, body);
    if (fate === 'unanswered') return this.#cut();
    if (!this.#isCut) outgoing.writeHead(statusCode, headers).end(content);
  }

  async #send({ method, url = '', headers }: IncomingMessage, body: Buffer) {
    const { hostname, port } = this.#target;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ hostname, port, method, path: url, headers }, resolve).on('error', reject).end(body);
    });
    return { statusCode: answer.statusCode, headers: answer.headers, content: await buffer(answer) };
  }
}
