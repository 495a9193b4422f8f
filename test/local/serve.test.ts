import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { call, folderForTest, HANDLERS, KnhkProcess, knhk, serveForTest } from './knhk-process.ts';

/** `start` and `serve` as processes: what they say, how they stop, and what they take up again. */

interface Shown {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

const callFunction = (name: string) => ({
  StartAt: 'Call',
  States: { Call: { Type: 'Task', Resource: `arn:aws:lambda:us-east-1:000000000000:function:${name}`, End: true } },
});

/** Waits for what only a running execution shows. */
async function untilTrue(what: string, condition: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await condition(), what).toBe(true), { timeout: 20_000, interval: 50 });
}

function historyTypes(url: string, execution: string): Promise<readonly string[]> {
  return call<{ items: { type: string }[] }>(url, 'GET', `${execution}/history?limit=1000`).then(({ items }) =>
    items.map(({ type }) => type),
  );
}

describe.concurrent('start', () => {
  test('shows an order from start to end, says what to do next, and stops on Ctrl-C', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const started = new KnhkProcess(['start', '--port', '0', '--data-dir', folder]);
    await started.said('Ctrl-C stops.');
    const { out } = started;
    expect(out).toMatch(/listens on +http:\/\/localhost:\d+ +\(this machine only, without authentication\)/);
    expect(out).toContain(folder);
    expect(out).toMatch(/workflows +approval, hello, import-orders, order, payment, quote, render/);
    expect(out).toMatch(/✗ ChargeCard {2}CardNetworkError: The card network did not answer\./);
    expect(out).toMatch(/↻ ChargeCard {2}attempt 2/);
    expect(out).toMatch(/✓ \[2\] ReserveItem/);
    expect(out).toMatch(/… AwaitParcel {2}waits for its callback/);
    expect(out).toMatch(/order\/[0-9a-f-]{36} SUCCEEDED after [\d.]+ s\n\{\n {2}"order": "A-1001"/);
    for (const way of ['npx knhk history order/', 'curl ', 'aws stepfunctions', 'new SFNClient']) {
      expect(out).toContain(way);
    }
    expect(await started.stop('SIGINT')).toMatchObject({ code: 0, err: '' });
  });

  test('started again it takes up what was open', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const order = { id: 'B-2', card: 'x', warehouse: 'slow', deadlineSeconds: 600, items: [] as object[] };
    order.items.push({ sku: 'lamp', quantity: 1, price: 5 });
    const first = new KnhkProcess(['start', '--json', '--port', '0', '--data-dir', folder]);
    await first.said('"ready":true');
    const { url } = JSON.parse(first.out.split('\n')[0] ?? '');
    const execution = '/v1/workflows/order/executions/slow';
    await call(url, 'POST', '/v1/workflows/order/executions', { name: 'slow', input: order });
    await untilTrue('it waits for its callback', async () =>
      (await historyTypes(url, execution)).includes('TaskSubmitted'),
    );
    await first.said('"status":"SUCCEEDED"');
    expect(await first.stop('SIGTERM')).toMatchObject({ code: 0 });

    const second = await serveForTest(onTestFinished, ['--data-dir', folder, '--handlers', HANDLERS]);
    expect(second.recovered).toBe(1);
    const { items } = await call<{ items: { type: string; taskScheduledEventDetails?: { parameters: string } }[] }>(
      second.url,
      'GET',
      `${execution}/history?limit=1000`,
    );
    const scheduled = items.find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails?.parameters ?? '';
    const token = encodeURIComponent(JSON.parse(scheduled).Payload.taskToken);
    await call(second.url, 'POST', `/v1/tasks/${token}/success`, { output: { parcel: 'P' } });
    const ended = await call<Shown>(second.url, 'GET', `${execution}?wait=20`);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { order: 'B-2', status: 'SHIPPED' } });
    expect(await second.process.stop('SIGINT')).toMatchObject({ code: 0 });
  });
});

describe.concurrent('serve', () => {
  test('says in one line that it is ready, and stops on SIGTERM', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const started = new KnhkProcess(['serve'], { PORT: '0', KNHK_DATA_DIR: folder });
    await started.said('\n');
    const [, url = ''] =
      /^KNHK listens on (http:\/\/localhost:\d+) \(this machine only, without authentication\), data in .+\n$/.exec(
        started.out,
      ) ?? [];
    expect(await call(url, 'GET', '/health')).toEqual({ status: 'ok' });
    expect(await started.stop('SIGTERM')).toMatchObject({ code: 0 });
  });

  test('refuses a port and a data folder that are in use, in one sentence', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const { url } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    const { port } = new URL(url);
    const [samePort, sameFolder] = await Promise.all([
      knhk('serve', '--port', port, '--data-dir', await folderForTest(onTestFinished)),
      knhk('serve', '--port', '0', '--data-dir', folder),
    ]);
    expect(samePort).toMatchObject({ code: 1, out: '' });
    expect(samePort.err).toMatch(new RegExp(`^knhk: Port ${port} is in use: .+ \\(Knhk\\.PortInUse\\)\n$`));
    expect(sameFolder).toMatchObject({ code: 1, out: '' });
    expect(sameFolder.err).toMatch(
      /^knhk: The data folder .+ is in use by another process: .+ \(Knhk\.DataDirInUse\)\n$/,
    );
  });

  test('loads the handlers again when their file changes, and keeps them when it does not load', async ({
    onTestFinished,
  }) => {
    const folder = await folderForTest(onTestFinished);
    const handlers = join(folder, 'handlers.mjs');
    await writeFile(handlers, 'export const version = () => 1;');
    const { url, process } = await serveForTest(onTestFinished, [
      '--data-dir',
      join(folder, 'data'),
      '--handlers',
      handlers,
    ]);
    await call(url, 'PUT', '/v1/workflows/versions', { definition: callFunction('version') });
    const version = () =>
      call<Shown>(url, 'POST', '/v1/workflows/versions/executions?wait=20', {}).then(({ output }) => output);
    expect(await version()).toBe(1);
    await writeFile(handlers, 'export const version = () => 2;');
    await untilTrue('the second version is in use', async () => (await version()) === 2);
    await writeFile(handlers, 'export const version = (');
    await untilTrue('it says that it does not load', async () => process.err.includes('does not load'));
    expect(await version()).toBe(2);
  });

  test('calls functions through a Lambda endpoint', async ({ onTestFinished }) => {
    const paths: (string | undefined)[] = [];
    const lambda = createServer(async (request, response) => {
      paths.push(request.url);
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { n } = JSON.parse(Buffer.concat(chunks).toString());
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ n: n + 1 }));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void lambda.close());
    await vi.waitFor(() => expect(lambda.listening).toBe(true));
    const { port } = lambda.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const { url } = await serveForTest(onTestFinished, ['--data-dir', await folderForTest(onTestFinished)], {
      KNHK_LAMBDA_ENDPOINT: endpoint,
    });
    await call(url, 'PUT', '/v1/workflows/remote', { definition: callFunction('add') });
    const ended = await call<Shown>(url, 'POST', '/v1/workflows/remote/executions?wait=20', { input: { n: 1 } });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { n: 2 } });
    expect(paths.map((path) => decodeURIComponent(path ?? ''))).toEqual([
      '/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:add/invocations',
    ]);
  });

  test('without functions a task says where they could come from', async ({ onTestFinished }) => {
    const { url } = await serveForTest(onTestFinished, ['--data-dir', await folderForTest(onTestFinished)]);
    await call(url, 'PUT', '/v1/workflows/none', { definition: callFunction('missing') });
    const ended = await call<Shown>(url, 'POST', '/v1/workflows/none/executions?wait=20', {});
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Lambda.ResourceNotFoundException' });
    expect(ended.cause).toContain('--handlers');
    expect(ended.cause).toContain('KNHK_LAMBDA_ENDPOINT');
  });

  test.for([
    ['a promise', "void Promise.reject(new Error('forgotten'))"],
    ['a timer', "setTimeout(() => { throw new Error('forgotten'); })"],
  ])('outlives a handler that forgot %s', async ([, forgets], { onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const handlers = join(folder, 'handlers.mjs');
    await writeFile(handlers, `export const forget = () => { ${forgets}; return 1; };`);
    const { url, process } = await serveForTest(onTestFinished, [
      '--data-dir',
      join(folder, 'data'),
      '--handlers',
      handlers,
    ]);
    await call(url, 'PUT', '/v1/workflows/forgets', { definition: callFunction('forget') });
    const ended = await call<Shown>(url, 'POST', '/v1/workflows/forgets/executions?wait=20', {});
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: 1 });
    await untilTrue('it is told', async () => process.err.includes('Error: forgotten'));
    expect(await call(url, 'GET', '/health')).toEqual({ status: 'ok' });
  });
});

describe.concurrent('run without a server', () => {
  test('leaves other executions of the folder to an engine that has their handlers', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const data = ['--data-dir', join(folder, 'data')];
    const handlers = join(folder, 'handlers.mjs');
    await writeFile(handlers, 'export const never = () => new Promise(() => {});');
    const first = await serveForTest(onTestFinished, [...data, '--handlers', handlers]);
    await call(first.url, 'PUT', '/v1/workflows/waits', { definition: callFunction('never') });
    await call(first.url, 'POST', '/v1/workflows/waits/executions', { name: 'one' });
    await first.process.stop('SIGKILL');
    const hello = ['run', 'examples/hello.asl.json', '--input', '{"name":"you"}'];
    expect((await knhk(...hello, ...data)).code).toBe(0);
    const second = await serveForTest(onTestFinished, [...data, '--handlers', handlers]);
    const shown = await call<Shown>(second.url, 'GET', '/v1/workflows/waits/executions/one');
    expect(shown.status).toBe('RUNNING');
  });

  test('runs in its own process, callbacks included, and leaves everything in the data folder', async ({
    onTestFinished,
  }) => {
    const folder = await folderForTest(onTestFinished);
    const args = ['--input', '@examples/order.input.json', '--name', 'alone', '--data-dir', folder];
    const ended = await knhk('run', 'examples/order.asl.json', ...args, '--handlers', HANDLERS);
    expect(JSON.parse(ended.out)).toMatchObject({ order: 'A-1001', status: 'SHIPPED' });
    expect(ended.code).toBe(0);
    const { url, recovered } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    expect(recovered).toBe(0);
    const { out } = await knhk('show', 'order/alone', '--json', '--url', url);
    expect(JSON.parse(out)).toMatchObject({ status: 'SUCCEEDED', output: JSON.parse(ended.out) });
  });

  test('Ctrl-C leaves the execution open for the next engine', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const running = new KnhkProcess([
      'run',
      'examples/approval.asl.json',
      '--watch',
      '--name',
      'open',
      '--data-dir',
      folder,
    ]);
    await vi.waitFor(() => expect(running.err).toContain('waits for a worker of approve-expense'), { timeout: 20_000 });
    const { code, out, err } = await running.stop('SIGINT');
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(err).toContain('Interrupted: approval/open is still open');
    expect((await serveForTest(onTestFinished, ['--data-dir', folder])).recovered).toBe(1);
  });
});
