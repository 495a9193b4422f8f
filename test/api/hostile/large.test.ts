import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { requestBounds } from '../../../lib/api/request-bounds.ts';
import type { Json } from '../../../lib/model/json.ts';
import { folderForTest, type Serving, serve } from '../../local/knhk-process.ts';

/** What is legal, and enormous, in a server that has little memory: it works, or is refused, and does not take the server with it. */
const MEMORY_MB = 384;
let serving: Serving;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  const dataDir = await folderForTest((cleanup) => void cleanups.push(cleanup as () => unknown));
  const options = { NODE_OPTIONS: `--max-old-space-size=${MEMORY_MB}` };
  serving = await serve(['--data-dir', dataDir], options);
});
afterAll(async () => {
  await serving.process.stop('SIGTERM');
  for (const cleanup of cleanups) await cleanup();
});

async function send(method: string, path: string, body: string) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${serving.url}${path}`, { method, headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  return { status: response.status, body: JSON.parse(await response.text()) as any };
}

async function run(name: string, definition: object, input = 'null', wait = 20) {
  const stored = await send('PUT', `/v1/workflows/${name}`, JSON.stringify({ definition }));
  if (stored.status >= 400) return stored;
  return send('POST', `/v1/workflows/${name}/executions?wait=${wait}`, `{"name":"one","input":${input}}`);
}

async function expectAlive(): Promise<void> {
  expect((await fetch(`${serving.url}/health`)).status).toBe(200);
  expect(serving.process.child.exitCode).toBeNull();
}

function inRow(count: number): Record<string, Json> {
  const states = Array.from({ length: count }, (_, i): [string, Json] => [
    `S${i}`,
    i === count - 1 ? { Type: 'Succeed' } : { Type: 'Pass', Next: `S${i + 1}` },
  ]);
  return Object.fromEntries(states);
}

test('a hundred thousand states', { timeout: 120_000 }, async () => {
  const { body } = await run('states', { StartAt: 'S0', States: inRow(100_000) });
  expect(body.code ?? body.status).toMatch(/^(SUCCEEDED|RUNNING|Knhk\.DefinitionInvalid)$/);
  await expectAlive();
});

test('a Map over a million items', { timeout: 120_000 }, async () => {
  const each = { StartAt: 'Each', States: { Each: { Type: 'Pass', End: true } } };
  const all = { Type: 'Map', ItemProcessor: each, End: true };
  const definition = { StartAt: 'All', States: { All: all } };
  const { body } = await run('items', definition, `[${'0,'.repeat(999_999)}0]`, 2);
  expect(body.code ?? body.status).toMatch(/^(RUNNING|SUCCEEDED|FAILED|Knhk\.InputInvalid|Knhk\.TooLarge)$/);
  await expectAlive();
  await send('POST', '/v1/workflows/items/executions/one/stop', '{}');
  await expectAlive();
});

test('a Map whose items have a large text each', { timeout: 120_000 }, async () => {
  const each = { StartAt: 'Each', States: { Each: { Type: 'Pass', Result: 'x'.repeat(100_000), End: true } } };
  const all = { Type: 'Map', ItemProcessor: each, End: true };
  const { body } = await run('texts', { StartAt: 'All', States: { All: all } }, `[${'0,'.repeat(999)}0]`);
  expect(body.code ?? body.status).toMatch(/^(RUNNING|SUCCEEDED|FAILED)$/);
  await expectAlive();
  await send('POST', '/v1/workflows/texts/executions/one/stop', '{}');
});

test('Parallel states within each other, two hundred deep', { timeout: 120_000 }, async () => {
  const nested = Array.from({ length: 200 }).reduce<Record<string, Json>>(
    (inner, _, depth) => ({
      StartAt: `P${depth}`,
      States: { [`P${depth}`]: { Type: 'Parallel', Branches: [inner], End: true } },
    }),
    { StartAt: 'Leaf', States: { Leaf: { Type: 'Pass', End: true } } },
  );
  const { body } = await run('deep', nested);
  expect(body.code ?? body.status).toMatch(/^(SUCCEEDED|FAILED|Knhk\.)/);
  await expectAlive();
});

test('a body beyond the limit is refused before it is there', { timeout: 120_000 }, async () => {
  const { hostname, port } = new URL(serving.url);
  for (const headers of [{ 'content-length': String(10 ** 12) }, { 'transfer-encoding': 'chunked' }]) {
    const type = { 'content-type': 'application/json' };
    const asked = request({
      hostname,
      port,
      method: 'POST',
      path: '/v1/validations',
      headers: { ...type, ...headers },
    });
    onTestFinished(() => void asked.destroy());
    asked.on('error', () => {});
    let isAnswered = false;
    const answered = once(asked, 'response').then(([response]) => {
      isAnswered = true;
      return response.statusCode;
    });
    const megabyte = Buffer.alloc(1_048_576, 0x20);
    // More than there is memory for, if it were kept.
    for (let sent = 0; sent < 2 * MEMORY_MB && !isAnswered; sent += 1) {
      if (!asked.write(megabyte)) await Promise.race([once(asked, 'drain'), answered]);
    }
    expect(await answered).toBe(413);
    await expectAlive();
  }
});

/** As many of a unit as make a body of a number of bytes. */
function filled(unit: string | Buffer, bytes: number): Buffer {
  return Buffer.alloc(Math.floor(bytes / Buffer.byteLength(unit)) * Buffer.byteLength(unit), unit);
}

/** What a server with so little memory takes in one request. */
function bounds() {
  const argv = [`--max-old-space-size=${MEMORY_MB}`, '-p', 'v8.getHeapStatistics().heap_size_limit'];
  return requestBounds(Number.POSITIVE_INFINITY, Number(execFileSync(process.execPath, argv)));
}

test.each([
  ['empty lists', '[],'],
  ['empty objects', '{},'],
  ['lists in lists', `${'['.repeat(100)}${']'.repeat(100)},`],
])('a body that becomes many values: %s', { timeout: 120_000 }, async (_name, unit) => {
  const input = `[${filled(unit, bounds().maxBodyBytes - 1_000)}0]`;
  const { body } = await run('values', { StartAt: 'End', States: { End: { Type: 'Succeed' } } }, input, 0);
  expect(body.code ?? body.status).toMatch(/^(RUNNING|SUCCEEDED|Knhk\.\w+)$/);
  await expectAlive();
});

/** `AddItemsRequest`: field 4 is its items, 31 nobody knows. */
test.each([
  ['of items that say nothing', Buffer.from([0x22, 0])],
  ['of empty objects', Buffer.from([0x22, 2, 0x2a, 0])],
  ['of fields that nobody knows', Buffer.from([0xf8, 1, 0])],
])('a message %s', { timeout: 120_000 }, async (_name, unit) => {
  const path = '/knhk.v1.EventService/AddItems';
  const headers = { 'content-type': 'application/proto' };
  const body = new Uint8Array(filled(unit, bounds().maxMessageBytes));
  const response = await fetch(`${serving.url}${path}`, { method: 'POST', headers, body });
  expect(await response.json()).toMatchObject({ code: 'invalid_argument' });
  await expectAlive();
});
