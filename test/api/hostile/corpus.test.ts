import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { codeOf } from '../../../lib/api/errors.ts';
import { restRoutes } from '../../../lib/api/rest/face.ts';
import { refusalsOf } from '../../../lib/api/rest/openapi.ts';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import { bodies, definitions, failing } from './corpus.ts';

const cleanups: (() => unknown)[] = [];
let server: LocalServer;
beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'knhk-hostile-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true }));
  server = await startServer({ port: 0, buckets: 'none', dataDir }, { log: () => {} });
});
afterAll(async () => {
  await server.close();
  for (const cleanup of cleanups) await cleanup();
});

const json = { 'content-type': 'application/json' };
const documented = new Set(restRoutes.flatMap((route) => [...refusalsOf(route)].map(codeOf)));
const problem = z.object({ code: z.string().refine((code) => documented.has(code)), detail: z.string().min(1) });

async function send(
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = json,
) {
  const response = await fetch(`${server.url}${path}`, { method, headers, body });
  return { status: response.status, text: await response.text() };
}

function expectRefused({ status, text }: { readonly status: number; readonly text: string }): void {
  expect([status >= 400 && status < 500, problem.safeParse(JSON.parse(text)).success], text.slice(0, 500)).toEqual([
    true,
    true,
  ]);
}

async function expectAlive(): Promise<void> {
  const response = await fetch(`${server.url}/v1/workflows`);
  expect(response.status).toBe(200);
}

/** Documented in the reference of the language; an execution fails by nothing else. */
const LANGUAGE_ERRORS =
  /^States\.(QueryEvaluationError|IntrinsicFailure|ParameterPathFailure|Runtime|DataLimitExceeded)$/;

test.each(failing)('$name fails its execution', { timeout: 30_000 }, async ({ name, definition, input = {} }) => {
  const workflow = name.replaceAll(/\W/g, '-');
  const stored = await send('PUT', `/v1/workflows/${workflow}`, JSON.stringify({ definition }));
  if (stored.status >= 400) return expectRefused(stored);
  const { text } = await send(
    'POST',
    `/v1/workflows/${workflow}/executions?wait=20`,
    JSON.stringify({ name: 'one', input }),
  );
  expect(JSON.parse(text)).toMatchObject({ status: 'FAILED', error: expect.stringMatching(LANGUAGE_ERRORS) });
  await expectAlive();
});

test.each(definitions)('$name is no harm', { timeout: 30_000 }, async ({ name, definition, input = {} }) => {
  const workflow = name.replaceAll(/\W/g, '-');
  const stored = await send('PUT', `/v1/workflows/${workflow}`, JSON.stringify({ definition }));
  if (stored.status >= 400) return expectRefused(stored);
  const started = await send('POST', `/v1/workflows/${workflow}/executions`, JSON.stringify({ name: 'one', input }));
  if (started.status >= 400) expectRefused(started);
  const stopped = await send('POST', `/v1/workflows/${workflow}/executions/one/stop`, '{}');
  if (stopped.status >= 400) expectRefused(stopped);
  await expectAlive();
});

test.each(bodies)('a body of %s is refused', { timeout: 30_000 }, async (_name, body, type) => {
  expectRefused(await send('POST', '/v1/validations', body, { 'content-type': type }));
  const target = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.StartExecution' };
  const answer = await send('POST', '/', body, target);
  expect(answer.status, answer.text).toBe(400);
  await expectAlive();
});

describe('what is not HTTP', () => {
  test.each([
    ['nothing that is known', '\u0000\u0001\u0002\r\n\r\n'],
    ['two lengths', 'POST /v1/validations HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /v1/validations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a chunk of no length', 'POST /v1/validations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['a preface of HTTP/2 with a frame that is cut', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u00ff\u0001'],
  ])('%s is no harm', async (_name, bytes) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(bytes, 'latin1');
    await expectAlive();
    socket.destroy();
    await expectAlive();
  });

  test('a body that never comes holds nobody up', async () => {
    const slow = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(slow, 'connect');
    slow.write(
      'POST /v1/validations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await expectAlive();
    slow.destroy();
    await expectAlive();
  });
});
