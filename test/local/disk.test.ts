import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { call, type Ended, folderForTest, HANDLERS, KnhkProcess, knhk, serveForTest } from './knhk-process.ts';

/** What becomes of a server whose disk is full, read-only, damaged or gone. */

/** A file system of its own for one process, as any user may have it where the system permits: empty, or the folder read-only. */
const OWN_MOUNTS = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'];
const small = (path: string) => [...OWN_MOUNTS, 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"', path];
const readOnly = (path: string) => [
  ...OWN_MOUNTS,
  'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
  path,
];
const [unshare = '', ...flags] = OWN_MOUNTS;
const hasMounts = spawnSync(unshare, [...flags, 'mount -t tmpfs tmpfs /tmp']).status === 0;
const mounting = hasMounts ? test : test.skip;

const INPUT_BYTES = 200_000;
const FILLER_BYTES = 3_000_000;

interface Shown {
  readonly status: string;
  readonly output?: unknown;
}

const waiting = {
  StartAt: 'W',
  States: { W: { Type: 'Wait', Seconds: 1, Next: 'P' }, P: { Type: 'Pass', End: true } },
};
const path = (id: string) => `/v1/workflows/w/executions/${id}`;
const start = (url: string, name: string, input: unknown) =>
  call(url, 'POST', '/v1/workflows/w/executions', { name, input });
const ended = (url: string, name: string) => call<Shown>(url, 'GET', `${path(name)}?wait=20`);

function expectRefusal({ code, out, err }: Ended, sentence: RegExp): void {
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(sentence);
  expect(err.trim().split('\n')).toHaveLength(1);
}

describe('a disk', () => {
  mounting(
    'that is full: what was accepted is there, nothing more is, and all goes on once there is room',
    async ({ onTestFinished }) => {
      const folder = await folderForTest(onTestFinished);
      const args = ['serve', '--json', '--port', '0', '--data-dir', join(folder, 'data'), '--handlers', HANDLERS];
      const server = new KnhkProcess(args, {}, undefined, small(folder));
      onTestFinished(async () => void (await server.stop('SIGKILL')));
      await server.said('}\n');
      const { url } = JSON.parse(server.out);
      // Seen through the process, whose file system it is.
      const filler = join(`/proc/${server.child.pid}/root`, folder, 'filler');
      await writeFile(filler, Buffer.alloc(FILLER_BYTES));

      await call(url, 'PUT', '/v1/workflows/w', { definition: waiting });
      const accepted: string[] = [];
      const fill = async () => {
        for (;;) {
          const name = `e${accepted.length}`;
          await start(url, name, 'x'.repeat(INPUT_BYTES));
          accepted.push(name);
        }
      };
      await expect(fill()).rejects.toThrow(/ 503: .*Knhk\.StoreUnavailable/);
      expect(accepted.length).toBeGreaterThan(3);
      await vi.waitFor(() => expect(server.err).toContain('is full'), { timeout: 10_000 });
      for (const name of accepted) {
        expect(await call<Shown>(url, 'GET', path(name))).toMatchObject({ status: expect.any(String) });
      }
      await rm(filler);
      for (const name of accepted) expect((await ended(url, name)).status).toBe('SUCCEEDED');
      await start(url, 'after', null);
      expect((await ended(url, 'after')).status).toBe('SUCCEEDED');
      expect(await server.stop('SIGTERM')).toMatchObject({ code: 0 });
    },
  );

  mounting(
    'that is full when the server starts: it does not, and says so in one sentence',
    async ({ onTestFinished }) => {
      const folder = await folderForTest(onTestFinished);
      const full = 'mount -t tmpfs -o size=1m tmpfs "$0" && head -c 2m /dev/zero > "$0/filler" 2> /dev/null; exec "$@"';
      const args = ['serve', '--port', '0', '--data-dir', folder];
      const refused = new KnhkProcess(args, {}, undefined, [...OWN_MOUNTS, full, folder]).ended();
      expectRefusal(await refused, /^knhk: The data folder .+full.+: make room.+ \(Knhk\.DataDirUnusable\)$/m);
    },
  );

  mounting('that is read-only is refused in one sentence', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const args = ['serve', '--port', '0', '--data-dir'];
    const none = new KnhkProcess([...args, join(folder, 'none')], {}, undefined, readOnly(folder)).ended();
    expectRefusal(
      await none,
      /^knhk: The data folder .+ cannot be used .+: make it .+writable.+ \(Knhk\.DataDirUnusable\)$/m,
    );
    const { process } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    await process.stop('SIGTERM');
    const there = new KnhkProcess([...args, folder], {}, undefined, readOnly(folder)).ended();
    expectRefusal(await there, /\(Knhk\.DataDirUnusable\)$/m);
  });

  test('from which the folder is deleted: nothing is accepted any more, and the server says why', async ({
    onTestFinished,
  }) => {
    const folder = join(await folderForTest(onTestFinished), 'data');
    const { process, url } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    await call(url, 'PUT', '/v1/workflows/w', { definition: waiting });
    await start(url, 'open', null);
    await rm(folder, { recursive: true });
    await expect(start(url, 'lost', null)).rejects.toThrow(/ 503: .*Knhk\.StoreUnavailable/);
    await vi.waitFor(() => expect(process.err).toMatch(/knhk\.db was deleted, moved or replaced/), { timeout: 10_000 });
    expect((await call<Shown>(url, 'GET', path('open'))).status).toBe('RUNNING');
    expect(await process.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(existsSync(folder)).toBe(false);
  });
});

describe('a damaged disk', () => {
  async function change(file: string, mark: string): Promise<void> {
    const at = (await readFile(file)).indexOf(mark);
    expect(at).toBeGreaterThan(0);
    const opened = await open(file, 'r+');
    await opened.write(Buffer.from('X'), 0, 1, at);
    await opened.close();
  }

  test('in the write-ahead log of a killed server: refused in one sentence, again and again', async ({
    onTestFinished,
  }) => {
    const folder = await folderForTest(onTestFinished);
    const { process, url } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    await call(url, 'PUT', '/v1/workflows/w', { definition: waiting });
    for (const name of ['mark-one', 'mark-two', 'mark-three']) await start(url, name, `input of ${name}`);
    await process.stop('SIGKILL');
    await change(join(folder, 'knhk.db-wal'), 'input of mark-one');
    const sentence = /^knhk: The database in .+ is damaged .+: restore it from a backup.+\(Knhk\.DataDirCorrupt\)$/m;
    expectRefusal(await knhk('serve', '--port', '0', '--data-dir', folder), sentence);
    expectRefusal(await knhk('serve', '--port', '0', '--data-dir', folder), sentence);
  });

  test('in a commit: that execution is given up, and named; all others go on', async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const before = await serveForTest(onTestFinished, ['--data-dir', folder]);
    await call(before.url, 'PUT', '/v1/workflows/w', { definition: waiting });
    const names = ['one', 'two', 'three'];
    for (const name of names) await start(before.url, name, `input of ${name}`);
    expect(await before.process.stop('SIGTERM')).toMatchObject({ code: 0 });
    await change(join(folder, 'knhk.db'), 'input of two');

    const { process, url, recovered } = await serveForTest(onTestFinished, ['--data-dir', folder]);
    expect(recovered).toBe(3);
    for (const name of ['one', 'three']) {
      expect(await ended(url, name)).toMatchObject({ status: 'SUCCEEDED', output: `input of ${name}` });
    }
    const letters = await vi.waitFor(async () => {
      const { items } = await call<{ items: object[] }>(url, 'GET', '/v1/dead-letters');
      expect(items).toHaveLength(1);
      return items;
    });
    const execution = 'arn:aws:states:us-east-1:000000000000:execution:w:two';
    const message = `Commit 0 of ${execution} is not what was written: its content does not give its hash. Restore the log.`;
    expect(letters).toMatchObject([{ execution, failures: 1, error: { code: 'Knhk.CorruptLog', message } }]);
    expect(process.err).toContain('Knhk.DeadLetter');
    await expect(call(url, 'GET', path('two'))).rejects.toThrow(/ 500: /);
  });
});
