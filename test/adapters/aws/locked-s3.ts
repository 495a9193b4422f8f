import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Stored {
  readonly content: Buffer;
  readonly at: Date;
  isHeld: boolean;
}

/**
 * The part of S3 that keeps objects, over HTTP. The bucket of this name has object lock and a default retention, which the
 * emulators do not know: it takes no object without a checksum, none twice (where asked so), and deletes none.
 */
export class LockedS3 {
  /** By bucket and key, as in `bucket/key`. */
  readonly objects = new Map<string, Stored>();
  /** What has been asked of the locked bucket, as in `PUT key?legal-hold`. */
  readonly requests: string[] = [];
  /** The code and the status that the locked bucket answers each request with. */
  refusal: { readonly code: string; readonly status: number } | undefined;
  /** Runs before an object is written. */
  beforePut: (() => Promise<void>) | undefined;
  readonly #locked: string;
  readonly #retentionMs: number;
  readonly #server: Server;

  constructor(locked: string, retentionDays: number) {
    this.#locked = locked;
    this.#retentionMs = retentionDays * 86_400_000;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch((error: Error) => fail(response, 500, error.message));
    });
  }

  /** Base URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...path] = decodeURIComponent(url.pathname).split('/');
    const key = path.join('/');
    const body = await buffer(request);
    if (bucket === this.#locked) {
      const part = url.searchParams.has('legal-hold') ? '?legal-hold' : '';
      this.requests.push(`${request.method} ${key}${part}`);
      if (this.refusal !== undefined) return fail(response, this.refusal.status, this.refusal.code);
    }
    if (url.searchParams.get('list-type') === '2') return this.#list(bucket, url, response);
    const name = `${bucket}/${key}`;
    const stored = this.objects.get(name);
    switch (request.method) {
      case 'PUT': {
        if (url.searchParams.has('legal-hold')) return this.#hold(stored, body, response);
        await this.beforePut?.();
        return this.#put(name, request, body, response);
      }
      case 'DELETE':
        if (bucket === this.#locked) return fail(response, 403, 'AccessDenied');
        this.objects.delete(name);
        return void response.writeHead(204).end();
      default:
        if (stored === undefined) return fail(response, 404, 'NoSuchKey');
        response.writeHead(200, { ...this.#headers(bucket, stored), 'content-length': stored.content.length });
        response.end(request.method === 'HEAD' ? undefined : stored.content);
    }
  }

  #put(name: string, request: IncomingMessage, content: Buffer, response: ServerResponse): void {
    const { headers } = request;
    if (headers['if-none-match'] === '*' && this.objects.has(name)) return fail(response, 412, 'PreconditionFailed');
    const sum = headers['x-amz-checksum-sha256'];
    if (name.startsWith(`${this.#locked}/`)) {
      if (sum === undefined) return fail(response, 400, 'InvalidRequest');
      if (sum !== createHash('sha256').update(content).digest('base64')) return fail(response, 400, 'BadDigest');
    }
    this.objects.set(name, { content, at: new Date(), isHeld: headers['x-amz-object-lock-legal-hold'] === 'ON' });
    response.writeHead(200, { etag: '"e"' }).end();
  }

  #hold(stored: Stored | undefined, body: Buffer, response: ServerResponse): void {
    if (stored === undefined) return fail(response, 404, 'NoSuchKey');
    stored.isHeld = body.toString().includes('<Status>ON</Status>');
    response.writeHead(200).end();
  }

  #headers(bucket: string, { at, isHeld }: Stored): Record<string, string> {
    const last = { 'last-modified': at.toUTCString(), etag: '"e"' };
    if (bucket !== this.#locked) return last;
    return {
      ...last,
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': new Date(at.getTime() + this.#retentionMs).toISOString(),
      ...(isHeld ? { 'x-amz-object-lock-legal-hold': 'ON' } : {}),
    };
  }

  /** Two at a time, so that who lists has to go on. */
  #list(bucket: string, { searchParams }: URL, response: ServerResponse): void {
    const prefix = `${bucket}/${searchParams.get('prefix') ?? ''}`;
    const after = searchParams.get('continuation-token') ?? '';
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    const page = names.slice(0, 2);
    const contents = page
      .map((name) => `<Contents><Key>${escaped(name.slice(bucket.length + 1))}</Key></Contents>`)
      .join('');
    const isMore = names.length > page.length;
    const next = isMore ? `<NextContinuationToken>${escaped(page.at(-1) ?? '')}</NextContinuationToken>` : '';
    response.end(`<ListBucketResult><IsTruncated>${isMore}</IsTruncated>${contents}${next}</ListBucketResult>`);
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
