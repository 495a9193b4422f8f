import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HttpTasks } from '../../../lib/execution/tasks/http/http-tasks.ts';
import { LocalConnections } from '../../../lib/local/connections.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { serviceTask } from '../../adapters/aws/services/assignment.ts';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Respond = (response: ServerResponse, received: Received) => void;

describe('HttpTasks', () => {
  const received: Received[] = [];
  let respond: Respond = (response) => response.end();
  let server: Server;
  let origin = '';
  let tasks: HttpTasks;
  let now = 0;
  const never = new AbortController().signal;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      received.push(seen);
      respond(response, seen);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connections = {
      keyed: {
        apiKey: { header: 'x-api-key', value: { env: 'SHOP_KEY' } },
        parameters: { headers: { 'x-team': 'shop' }, query: { tenant: '7' }, body: { mode: 'live' } },
      },
      named: { basic: { username: 'ann', password: 'secret' } },
      token: { oauth: { endpoint: `${origin}/token`, clientId: 'id', clientSecret: 'secret' } },
    };
    tasks = new HttpTasks({
      connections: new LocalConnections(connections, { SHOP_KEY: 'k-1' }),
      policy: { allow: [origin] },
      region: 'us-east-1',
      now: () => now,
    });
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  beforeEach(() => {
    received.length = 0;
    respond = (response) => response.end();
  });

  const call = (fields: JsonObject, signal = never) =>
    tasks.invoke(serviceTask('http:invoke', { ApiEndpoint: `${origin}/v1/orders`, Method: 'POST', ...fields }), signal);
  const connection = (name: string): Json => ({
    ConnectionArn: `arn:aws:events:us-east-1:123456789012:connection/${name}/aaaa`,
  });

  it('sends JSON with the headers of Step Functions, and gives body, headers and status', async () => {
    respond = (response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
      response.end('{"id":7}');
    };
    const answer = await call({
      Headers: { 'X-Trace': 'on' },
      QueryParameters: { page: 2, tag: ['a', 'b c'] },
      RequestBody: { order: 7 },
    });
    expect(answer).toMatchObject({
      kind: 'succeeded',
      output: {
        StatusCode: 201,
        StatusText: 'Created',
        ResponseBody: { id: 7 },
        Headers: { 'content-type': ['application/json'], 'set-cookie': ['a=1', 'b=2'] },
      },
    });
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/v1/orders?page=2&tag=a&tag=b+c',
      body: '{"order":7}',
      headers: {
        'content-type': 'application/json; charset=UTF-8',
        'user-agent': 'Amazon|StepFunctions|HttpInvoke|us-east-1',
        range: 'bytes=0-262144',
        'x-trace': 'on',
      },
    });
  });

  it('sends the trace along, unless the definition sets its headers', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traced = (Headers: JsonObject) => {
      const task = serviceTask('http:invoke', { ApiEndpoint: `${origin}/v1/orders`, Method: 'GET', Headers });
      return tasks.invoke({ ...task, trace: { traceparent, tracestate: 'shop=1' } }, never);
    };
    await traced({});
    await traced({ Traceparent: 'own' });
    await traced({ tracestate: 'own' });
    await call({});
    expect(received.map(({ headers }) => [headers['traceparent'], headers['tracestate']])).toEqual([
      [traceparent, 'shop=1'],
      ['own', undefined],
      [undefined, 'own'],
      [undefined, undefined],
    ]);
  });

  it('puts what the connection gives in the place of what the task gives', async () => {
    await call({
      InvocationConfig: connection('keyed'),
      Headers: { 'x-team': 'other' },
      QueryParameters: { tenant: 1, page: 2 },
      RequestBody: { mode: 'test', order: 7 },
    });
    expect(received[0]).toMatchObject({
      url: '/v1/orders?tenant=7&page=2',
      headers: { 'x-api-key': 'k-1', 'x-team': 'shop' },
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ mode: 'live', order: 7 });
    expect(await call({ InvocationConfig: connection('keyed'), RequestBody: 'text' })).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining('cannot be merged'),
    });
  });

  it('names a user with basic authorization, and refuses connections that do not exist', async () => {
    await call({ Authentication: connection('named') });
    expect(received[0]?.headers.authorization).toBe(`Basic ${btoa('ann:secret')}`);
    expect(await call({ Authentication: connection('gone') })).toMatchObject({
      error: 'Events.ConnectionResource.ResourceNotFound',
      cause: expect.stringContaining("There is no connection 'gone'"),
    });
  });

  it('gets an access token once, again before it expires, and again when the API does not take it', async () => {
    let issued = 0;
    let accepted = 'Bearer t-1';
    respond = (response, { url, headers }) => {
      if (url === '/token') {
        issued += 1;
        response.end(JSON.stringify({ access_token: `t-${issued}`, expires_in: 600 }));
        return;
      }
      response.writeHead(headers.authorization === accepted ? 200 : 401).end();
    };
    await call({ Authentication: connection('token') });
    await call({ Authentication: connection('token') });
    expect(received.map(({ url }) => url)).toEqual(['/token', '/v1/orders', '/v1/orders']);
    expect(received[0]?.body).toBe('grant_type=client_credentials&client_id=id&client_secret=secret');
    now += 590_000;
    accepted = 'Bearer t-2';
    expect(await call({ Authentication: connection('token') })).toMatchObject({ kind: 'succeeded' });
    accepted = 'Bearer t-3';
    expect(await call({ Authentication: connection('token') })).toMatchObject({ kind: 'succeeded' });
    expect(issued).toBe(3);
    accepted = 'none';
    expect(await call({ Authentication: connection('token') })).toMatchObject({ error: 'States.Http.StatusCode.401' });
  });

  it.each([
    [undefined, 'list[0]=a&list[1]=b c&of[x]=1&flag=true'],
    ['INDICES', 'list[0]=a&list[1]=b c&of[x]=1&flag=true'],
    ['REPEAT', 'list=a&list=b c&of[x]=1&flag=true'],
    ['BRACKETS', 'list[]=a&list[]=b c&of[x]=1&flag=true'],
    ['COMMAS', 'list=a,b c&of[x]=1&flag=true'],
  ])('encodes forms with %s', async (format, expected) => {
    await call({
      RequestBody: { list: ['a', 'b c'], of: { x: 1 }, flag: true },
      Transform: {
        RequestBodyEncoding: 'URL_ENCODED',
        ...(format === undefined ? {} : { RequestEncodingOptions: { ArrayFormat: format } }),
      },
    });
    expect(decodeURIComponent(received[0]?.body ?? '')).toBe(expected);
    expect(received[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it('fails by the status, redirects included, which it does not follow', async () => {
    respond = (response) => response.writeHead(404).end('no such order');
    expect(await call({})).toEqual({
      kind: 'failed',
      reason: 'failed',
      error: 'States.Http.StatusCode.404',
      cause: 'no such order',
    });
    respond = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await call({})).toMatchObject({ error: 'States.Http.StatusCode.302' });
    expect(received).toHaveLength(2);
  });

  it('takes texts as they are, and refuses what is none, or too much', async () => {
    respond = (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('plain');
    expect(await call({})).toMatchObject({ output: { ResponseBody: 'plain' } });
    respond = (response) => response.writeHead(200, { 'content-type': 'image/png' }).end('x');
    expect(await call({})).toMatchObject({ error: 'States.Runtime', cause: expect.stringContaining('image/png') });
    respond = (response) => response.end(Buffer.from([0xff, 0xfe]));
    expect(await call({})).toMatchObject({ error: 'States.Runtime' });
    respond = (response) => response.end('x'.repeat(262_145));
    expect(await call({})).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  it('names a connection that breaks, and ends with its task', async () => {
    respond = (response) => response.destroy();
    expect(await call({})).toMatchObject({ reason: 'failed', error: 'States.Http.Socket' });
    const abort = new AbortController();
    respond = () => abort.abort(new Error('withdrawn'));
    await expect(call({}, abort.signal)).rejects.toThrow('withdrawn');
  });

  it.each([
    [{ Method: 'FETCH' }, /needs a Method/],
    [{ ApiEndpoint: 'orders' }, /no URL: "orders"/],
    [{ Headers: { Authorization: 'x' } }, /may not set the header Authorization/],
    [{ Headers: { 'X-Amz-Date': 'x' } }, /may not set the header X-Amz-Date/],
    [{ Transform: { RequestBodyEncoding: 'XML' } }, /NONE or URL_ENCODED/],
  ])('refuses %j', async (fields, cause) => {
    expect(await call(fields)).toMatchObject({
      reason: 'notScheduled',
      error: 'States.Runtime',
      cause: expect.stringMatching(cause),
    });
    expect(received).toEqual([]);
  });

  it('calls nothing on this machine or in its network, unless the configuration says so', async () => {
    const guarded = new HttpTasks({
      connections: new LocalConnections({}, {}),
      policy: {},
      region: 'us-east-1',
      now: () => now,
    });
    const { port } = new URL(origin);
    for (const endpoint of [
      `http://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      `https://[::1]:${port}/`,
      `https://0x7f.1:${port}/`,
      'https://169.254.169.254/latest/meta-data/',
    ]) {
      const task = serviceTask('http:invoke', { ApiEndpoint: endpoint, Method: 'GET' });
      expect(await guarded.invoke(task, never)).toMatchObject({
        kind: 'failed',
        reason: 'notScheduled',
        error: 'States.Runtime',
        cause: expect.stringMatching(/^HTTP tasks (may not call|call https only)/),
      });
    }
    expect(received).toEqual([]);
  });
});
