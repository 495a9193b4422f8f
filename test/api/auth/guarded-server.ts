import { SFNClient } from '@aws-sdk/client-sfn';
import type { TestContext } from 'vitest';
import type { Configuration } from '../../../lib/local/configuration.ts';
import { localPlace } from '../../../lib/local/engine.ts';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import type { TelemetryFields } from '../../../lib/ports/telemetry.ts';
import { folderForTest } from '../../local/knhk-process.ts';

type Cleanup = TestContext['onTestFinished'];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  readonly body: any;
}

export interface MadeKey {
  readonly id: string;
  readonly secret: string;
}

/** A server of one machine with authentication on, and what it writes to the audit log. */
export class GuardedServer {
  readonly url: string;
  readonly dataDir: string;
  readonly audit: TelemetryFields[];
  readonly #server: LocalServer;

  private constructor(server: LocalServer, dataDir: string, audit: TelemetryFields[]) {
    this.#server = server;
    this.url = server.url;
    this.dataDir = dataDir;
    this.audit = audit;
  }

  static async start(cleanup: Cleanup, more: Partial<Configuration> = {}): Promise<GuardedServer> {
    const dataDir = await folderForTest(cleanup);
    const methods = new Set(['api-keys', 'access-keys'] as const);
    const configuration = { port: 0, buckets: 'none', dataDir, authentication: { methods }, ...more };
    const audit: TelemetryFields[] = [];
    const log = (_level: string, _message: string, fields: TelemetryFields) => {
      if (fields['audit'] === true) audit.push(fields);
    };
    const server = await startServer(configuration, { log });
    cleanup(() => server.close());
    return new GuardedServer(server, dataDir, audit);
  }

  /** As the command line does in the process of the engine itself. */
  async own(method: string, path: string, body?: object): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return read(await this.#server.fetch(new Request(`${this.url}${path}`, { method, headers, ...content })));
  }

  /** As at the end of the test, and earlier. */
  stop(): Promise<void> {
    return this.#server.close();
  }

  async key(kind: 'access' | 'api', scopes: readonly string[], more: object = {}): Promise<MadeKey> {
    const { status, body } = await this.own('POST', `/v1/${kind}-keys`, { name: 'test', scopes, ...more });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }

  async call(credentials: string | undefined, method: string, path: string, body?: object): Promise<Answer> {
    const headers = {
      'content-type': 'application/json',
      ...(credentials === undefined ? {} : { authorization: `Bearer ${credentials}` }),
    };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return read(await fetch(`${this.url}${path}`, { method, headers, ...content }));
  }

  /** An unchanged client of Step Functions. */
  client({ id, secret }: MadeKey, cleanup: Cleanup): SFNClient {
    const client = new SFNClient({
      endpoint: this.url,
      region: localPlace.region,
      credentials: { accessKeyId: id, secretAccessKey: secret },
      disableHostPrefix: true,
      maxAttempts: 1,
    });
    cleanup(() => client.destroy());
    return client;
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
