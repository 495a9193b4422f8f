import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DYNAMO_EMULATORS } from '../adapters/aws/emulators.ts';
import { FakeKms } from '../adapters/aws/fake-kms.ts';
import { LockedS3 } from '../adapters/aws/locked-s3.ts';
import { knhk } from '../local/knhk-process.ts';
import { Cloud } from './cloud.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/ledger';
const SECRET = 'Rosalind Franklin, 25 July 1920';
const definition = {
  StartAt: 'Do',
  States: { Do: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:do', End: true } },
};
const PATH = '/v1/workflows/w/executions';

describe('The archive on AWS', () => {
  const kms = new FakeKms(KEY_ARN);
  const s3 = new LockedS3('archive', 30);
  const folder = mkdtempSync(join(tmpdir(), 'knhk-archive-'));
  let isBroken = false;
  let cloud: Cloud;
  let server: Server;
  let url: readonly string[];

  beforeAll(async () => {
    const variables = {
      KNHK_LEDGER_KEY_ARN: KEY_ARN,
      KNHK_KMS_ENDPOINT: await kms.start(),
      KNHK_ARCHIVE_BUCKET: 'archive',
      KNHK_ARCHIVE_HOLDS: 'on',
      KNHK_S3_ENDPOINT: await s3.start(),
    };
    const [dynalite] = DYNAMO_EMULATORS;
    if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
    const functions = {
      do: (payload: unknown) => {
        if (isBroken) throw new Error(`Not for ${JSON.stringify(payload)}.`);
        return { of: payload };
      },
    };
    cloud = await Cloud.start(dynalite, functions, variables);
    await cloud.request('PUT', '/v1/workflows/w', { definition });
    server = createServer((request, response) => {
      void (async () => {
        const { method = 'GET', url: path = '/' } = request;
        const body = method === 'GET' ? null : await buffer(request);
        const headers = { 'content-type': 'application/json' };
        const answer = await cloud.fetch(new Request(`http://engine${path}`, { method, headers, body }));
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
    writeFileSync(join(folder, 'ledger.pem'), kms.publicKey);
  });

  afterEach(() => {
    vi.useRealTimers();
    isBroken = false;
    s3.refusal = undefined;
    s3.beforePut = undefined;
    s3.requests.length = 0;
  });

  afterAll(async () => {
    server.close();
    await cloud.stop();
    kms.stop();
    s3.stop();
    rmSync(folder, { recursive: true });
  });

  /** Runs one to its end, and lets the stream tell of it. */
  async function closed(name: string): Promise<void> {
    await cloud.request('POST', PATH, { name, input: { person: SECRET } });
    await cloud.runQueue();
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
  }

  const keysOf = (name: string) => [...s3.objects.keys()].filter((key) => key.startsWith(`archive/w:${name}/`));
  const textOf = (key: string) => gunzipSync(s3.objects.get(key)?.content ?? expect.fail(key)).toString();
  const archiveOf = async (name: string) => (await cloud.request('GET', `${PATH}/${name}/archive`)).body;

  function download(name: string): string {
    const [key = expect.fail('It is not archived.')] = keysOf(name).toReversed();
    const file = join(folder, `${name}.jsonl.gz`);
    writeFileSync(file, s3.objects.get(key)?.content ?? '');
    return file;
  }

  test('has the log of what has closed, which proves it, and payloads for who gets the key', async () => {
    await closed('a');
    await cloud.runStream('reversed twice');
    const [key = ''] = keysOf('a');
    expect(keysOf('a')).toHaveLength(1);
    expect(textOf(key)).not.toMatch(/Rosalind|"salt"/);
    expect(s3.requests.filter((request) => !request.startsWith('PUT'))).toEqual([]);
    const { logs } = await archiveOf('a');
    expect(logs).toMatchObject([{ location: `s3://${key}`, isHeld: false, bytes: expect.any(Number) }]);
    expect(Date.parse(logs[0].retainedUntil) - Date.parse(logs[0].archivedAt)).toBeGreaterThan(29 * 86_400_000);

    const file = download('a');
    const pem = join(folder, 'ledger.pem');
    const sealed = await knhk('verify', file, '--key', pem);
    expect(sealed.out).toMatch(/w:a: UNBROKEN, \d+ commits, \d+ of them with encrypted payloads/);
    await cloud.request('POST', '/v1/ledger/seal', {});
    await cloud.sweep();
    const [period = ''] = [...s3.objects.keys()].filter((name) => name.startsWith('archive/ledger/'));
    const ledger = join(folder, 'period.jsonl.gz');
    writeFileSync(ledger, s3.objects.get(period)?.content ?? '');
    const offline = await knhk('verify', file, '--key', pem, '--ledger', ledger);
    expect(offline.out).toMatch(/w:a: PROVEN, \d+ commits?, \d+ of them with encrypted payloads\n {2}SUCCEEDED/);
    const opened = await knhk('archive', 'open', file, ...url);
    expect(opened.err).toBe('');
    expect(opened.out).toContain(SECRET);
    const plain = join(folder, 'a.jsonl');
    writeFileSync(plain, opened.out);
    const proven = await knhk('verify', plain, '--key', pem);
    expect(proven.out).toMatch(/w:a: PROVEN, \d+ commits?\n/);
  });

  test('has what is redriven once more', async () => {
    isBroken = true;
    await closed('again');
    expect(keysOf('again')).toHaveLength(1);
    isBroken = false;
    expect((await cloud.request('POST', `${PATH}/again/redrive`, {})).status).toBe(200);
    await cloud.runQueue();
    await cloud.runStream();
    expect(keysOf('again')).toHaveLength(2);
    const [before = '', after = ''] = keysOf('again');
    const structureOf = (key: string) =>
      textOf(key)
        .replaceAll(/"encrypted":"[^"]+"/g, '')
        .split('\n')
        .slice(0, -2);
    expect(structureOf(after).slice(0, structureOf(before).length)).toEqual(structureOf(before));
    expect((await archiveOf('again')).logs).toHaveLength(2);
  });

  test('loses the payloads of what is erased, in every copy, and for ever', async () => {
    await closed('gone');
    const copy = download('gone');
    expect((await cloud.request('DELETE', `${PATH}/gone/payloads`)).status).toBe(204);
    const refused = await knhk('archive', 'open', copy, ...url);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('Knhk.ExecutionErased');
    // The erasure itself is archived, under no key.
    await cloud.runStream();
    expect(keysOf('gone')).toHaveLength(2);
    expect(textOf(keysOf('gone')[1] ?? '')).not.toContain('"encrypted"');
    expect((await cloud.request('GET', `${PATH}/gone/archive/key`)).status).toBe(410);
    expect(await archiveOf('gone')).toMatchObject({ keyDestroyedAt: expect.any(String) });
  });

  test('keeps no key of what is erased while it is being archived', async () => {
    await cloud.request('POST', PATH, { name: 'race', input: { person: SECRET } });
    await cloud.runQueue();
    s3.beforePut = async () => {
      s3.beforePut = undefined;
      expect((await cloud.request('DELETE', `${PATH}/race/payloads`)).status).toBe(204);
    };
    await cloud.runStream();
    expect(textOf(keysOf('race')[0] ?? '')).toContain('"encrypted"');
    expect((await cloud.request('GET', `${PATH}/race/archive/key`)).status).toBe(410);
  });

  test('is held, and nothing of it erased, until that is lifted', async () => {
    await closed('held');
    expect((await knhk('archive', 'hold', 'w/held', ...url)).out).toContain('is under legal hold');
    expect((await archiveOf('held')).logs).toMatchObject([{ isHeld: true }]);
    const refused = await cloud.request('DELETE', `${PATH}/held/payloads`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'Knhk.ExecutionHeld' } });
    expect((await knhk('archive', 'show', 'w/held', ...url)).out).toMatch(
      /commits? {2}archived .* kept until .*\nUnder legal hold/,
    );
    expect((await cloud.request('DELETE', `${PATH}/held/legal-hold`)).status).toBe(204);
    expect(await archiveOf('held')).toMatchObject({ logs: [{ isHeld: false }] });
    expect((await cloud.request('DELETE', `${PATH}/held/payloads`)).status).toBe(204);
  });

  test('is held from the start if it was asked for before, or at this moment', async () => {
    await cloud.request('POST', PATH, { name: 'early', input: {} });
    expect((await cloud.request('PUT', `${PATH}/early/legal-hold`)).status).toBe(204);
    await cloud.request('POST', PATH, { name: 'now', input: {} });
    await cloud.runQueue();
    s3.beforePut = async () => {
      s3.beforePut = undefined;
      expect((await cloud.request('PUT', `${PATH}/now/legal-hold`)).status).toBe(204);
    };
    await cloud.runStream();
    for (const name of ['early', 'now']) expect((await archiveOf(name)).logs, name).toMatchObject([{ isHeld: true }]);
    expect((await cloud.request('PUT', `${PATH}/nobody/legal-hold`)).status).toBe(404);
  });

  test.each([
    { code: 'AccessDenied', status: 403 },
    { code: 'SlowDown', status: 503 },
  ])('has later what it refuses with $code now, and lists do not wait for it', async (refusal) => {
    s3.refusal = refusal;
    await closed(refusal.code);
    expect((await cloud.request('GET', `/v1/executions?workflow=w&limit=100`)).body.items).toContainEqual(
      expect.objectContaining({ id: refusal.code, status: 'SUCCEEDED' }),
    );
    expect(keysOf(refusal.code)).toEqual([]);
    s3.refusal = undefined;
    await cloud.sweep();
    expect(keysOf(refusal.code)).toEqual([]);
    vi.setSystemTime(Date.now() + 120_000);
    await cloud.sweep();
    expect(keysOf(refusal.code)).toHaveLength(1);
  });

  test('is refused where a download was cut, or its payloads are those of another one', async () => {
    await closed('cut');
    const whole = readFileSync(download('cut'));
    const file = join(folder, 'changed.jsonl.gz');
    writeFileSync(file, whole.subarray(0, -20));
    for (const command of [
      ['verify', file, '--key', join(folder, 'ledger.pem')],
      ['archive', 'open', file, ...url],
    ]) {
      const ended = await knhk(...command);
      expect(ended.code, ended.out).toBe(1);
      expect(ended.err).toContain('Knhk.FileNotRead');
    }
    await closed('other');
    const encryptedIn = (name: string) => /"encrypted":"([^"]+)"/.exec(textOf(keysOf(name)[0] ?? ''))?.[1] ?? '';
    writeFileSync(file, gunzipSync(whole).toString().replace(encryptedIn('cut'), encryptedIn('other')));
    expect(await knhk('archive', 'open', file, ...url)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('Knhk.NotDecrypted'),
    });
  });

  test('says what there is not', async () => {
    await cloud.request('POST', PATH, { name: 'open', input: {} });
    expect(await archiveOf('open')).toEqual({ logs: [] });
    expect((await cloud.request('GET', `${PATH}/open/archive/key`)).body.code).toBe('Knhk.ArchiveNotFound');
    expect((await cloud.request('GET', `${PATH}/nobody/archive`)).status).toBe(404);
    expect((await cloud.request('GET', `${PATH}/nobody/archive/key`)).status).toBe(404);
  });
});
