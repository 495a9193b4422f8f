import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoggedEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface PutRequest {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly logEvents: readonly LoggedEvent[];
}

/** The part of CloudWatch Logs' API that writes, over HTTP, with its limits and its errors. */
export class FakeCloudWatchLogs {
  readonly groups = new Set<string>();
  readonly streams = new Set<string>();
  readonly puts: PutRequest[] = [];
  /** Answers everything with a server's error while it is set. */
  isDown = false;
  /** The next request's events before this index are said to be too old. */
  tooOldBefore: number | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as PutRequest;
      const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const answer = this.isDown ? 'ServiceUnavailableException' : this.#handle(action, body);
      const isError = typeof answer === 'string';
      response.writeHead(isError ? (this.isDown ? 503 : 400) : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(isError ? { __type: answer, message: `${action} failed` } : answer));
    });
  }

  /** The messages of a group, in the order of their arrival. */
  messages(group: string): readonly Record<string, unknown>[] {
    return this.puts
      .filter(({ logGroupName }) => logGroupName === group)
      .flatMap(({ logEvents }) => logEvents.map(({ message }) => JSON.parse(message) as Record<string, unknown>));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #handle(action: string, body: PutRequest): object | string {
    const stream = `${body.logGroupName} ${body.logStreamName}`;
    if (!this.groups.has(body.logGroupName)) return 'ResourceNotFoundException';
    if (action === 'CreateLogStream') {
      if (this.streams.has(stream)) return 'ResourceAlreadyExistsException';
      this.streams.add(stream);
      return {};
    }
    if (!this.streams.has(stream)) return 'ResourceNotFoundException';
    const { logEvents } = body;
    const bytes = logEvents.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
    const times = logEvents.map(({ timestamp }) => timestamp);
    const isOrdered = times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0));
    const spansADay = (times.at(-1) ?? 0) - (times[0] ?? 0) >= 24 * 3_600_000;
    if (bytes > 1_048_576 || logEvents.length > 10_000 || !isOrdered || spansADay) return 'InvalidParameterException';
    this.puts.push(body);
    const rejected = this.tooOldBefore;
    this.tooOldBefore = undefined;
    return rejected === undefined ? {} : { rejectedLogEventsInfo: { tooOldLogEventEndIndex: rejected } };
  }
}
