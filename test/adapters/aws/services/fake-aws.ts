import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of one of the JSON protocols: the action, and its body. */
export interface AwsRequest {
  /** As in `AWSEvents.PutEvents`, or the path of a REST protocol. */
  readonly target: string;
  readonly body: unknown;
  readonly headers: NodeJS.Dict<string | string[]>;
}

export interface AwsAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

/** A service of AWS that speaks JSON over HTTP; `answers` says what to each action. */
export class FakeAws {
  readonly requests: AwsRequest[] = [];
  readonly answers = new Map<string, (request: AwsRequest) => AwsAnswer>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const text = Buffer.concat(await request.toArray()).toString();
      const target = String(request.headers['x-amz-target'] ?? request.url);
      const received = { target, body: text === '' ? {} : JSON.parse(text), headers: request.headers };
      this.requests.push(received);
      const answer = this.answers.get(target)?.(received);
      const { status = answer === undefined ? 404 : 200, type, body } = answer ?? { body: {} };
      response.writeHead(status, {
        'Content-Type': 'application/x-amz-json-1.1',
        'x-amzn-RequestId': 'b6a2d3c4-0000-4000-8000-000000000002',
        ...(type === undefined ? {} : { 'x-amzn-ErrorType': type }),
      });
      response.end(JSON.stringify(body));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
