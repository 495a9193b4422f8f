import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Invocation {
  readonly functionName: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface InvokeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export type FunctionBehaviour = (invocation: Invocation) => InvokeAnswer | Promise<InvokeAnswer>;

/** Lambda's Invoke API over HTTP: functions by name; what is not there is answered as Lambda does. */
export class FakeLambda {
  readonly functions = new Map<string, FunctionBehaviour>();
  readonly invocations: Invocation[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const path = decodeURIComponent(request.url ?? '');
      const named = /\/functions\/(.+)\/invocations/.exec(path)?.[1] ?? '';
      const invocation = {
        functionName: named,
        headers: request.headers,
        body: Buffer.concat(await request.toArray()).toString(),
      };
      this.invocations.push(invocation);
      const behaviour = this.functions.get(named.split(':function:').at(-1) ?? '');
      const { status = 200, headers = {}, body } = await (behaviour ?? notFound)(invocation);
      response.writeHead(status, {
        'Content-Type': 'application/json',
        'x-amzn-RequestId': 'b6a2d3c4-0000-4000-8000-000000000001',
        ...headers,
      });
      response.end(body);
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

export function returns(value: unknown): FunctionBehaviour {
  return () => ({ headers: { 'X-Amz-Executed-Version': '$LATEST' }, body: JSON.stringify(value) });
}

export function fails(payload: string): FunctionBehaviour {
  return () => ({ headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: payload });
}

export function refuses(status: number, type: string, message: string): FunctionBehaviour {
  return () => ({ status, headers: { 'x-amzn-ErrorType': type }, body: JSON.stringify({ Message: message }) });
}

function notFound({ functionName }: Invocation): InvokeAnswer {
  return {
    status: 404,
    headers: { 'x-amzn-ErrorType': 'ResourceNotFoundException' },
    body: JSON.stringify({ Type: 'User', Message: `Function not found: ${functionName}` }),
  };
}
