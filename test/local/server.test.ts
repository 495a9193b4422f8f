import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startServer } from '../../lib/local/server.ts';
import { call, folderForTest } from './knhk-process.ts';

const silent = { log: () => {} };

describe('the server', () => {
  test('listens on the loopback address alone', async ({ onTestFinished }) => {
    const server = await startServer(
      { port: 0, buckets: 'none', dataDir: await folderForTest(onTestFinished) },
      silent,
    );
    const port = Number(new URL(server.url).port);
    // On Linux the port is free on every other address of this machine only if nobody listens on all of them.
    const neighbour = createServer();
    const outcome = await new Promise((resolve) => {
      neighbour.on('error', (error) => resolve('code' in error ? error.code : error));
      neighbour.listen(port, '127.0.0.2', () => resolve('free'));
    });
    neighbour.close();
    await server.close();
    expect(outcome).not.toBe('EADDRINUSE');
  });

  test('tells handlers where it is, and ends long polls when it closes', async ({ onTestFinished }) => {
    const server = await startServer(
      { port: 0, buckets: 'none', dataDir: await folderForTest(onTestFinished) },
      silent,
    );
    expect(process.env['KNHK_URL']).toBe(server.url);
    await call(server.url, 'POST', '/v1/activities', { name: 'patience' });
    const poll = fetch(`${server.url}/v1/activities/patience/tasks?wait=60`, { method: 'POST' });
    // Connections are taken in the order of their arrival: once this request is answered, the server has the other.
    await call(server.url, 'GET', '/health');
    const [answer] = await Promise.all([poll, server.close()]);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('stopping') });
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  test('takes requests without a body, and bodies that come in parts', async ({ onTestFinished }) => {
    const server = await startServer(
      { port: 0, buckets: 'none', dataDir: await folderForTest(onTestFinished) },
      silent,
    );
    onTestFinished(() => server.close());
    expect((await fetch(`${server.url}/v1/workflows/none`, { method: 'DELETE' })).status).toBeLessThan(500);
    expect((await fetch(`${server.url}/v1/tasks/none/heartbeat`, { method: 'POST' })).status).toBe(400);
    const parts = new Blob(['{"name":', '"in-parts"}']).stream();
    const headers = { 'content-type': 'application/json' };
    const request: RequestInit = { method: 'POST', headers, body: parts, duplex: 'half' };
    expect((await fetch(`${server.url}/v1/activities`, request)).status).toBe(200);
  });

  test('a data folder that cannot be opened leaves the port free', async ({ onTestFinished }) => {
    const dataDir = await folderForTest(onTestFinished);
    const first = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
    const spare = await startServer({ port: 0, buckets: 'none', dataDir: await folderForTest(onTestFinished) }, silent);
    const port = Number(new URL(spare.url).port);
    await spare.close();
    await expect(startServer({ port, buckets: 'none', dataDir }, silent)).rejects.toMatchObject({
      code: 'Knhk.DataDirInUse',
    });
    const again = await startServer({ port, buckets: 'none', dataDir: await folderForTest(onTestFinished) }, silent);
    expect(await call(again.url, 'GET', '/health')).toEqual({ status: 'ok' });
    await Promise.all([first.close(), again.close()]);
  });
});
