import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FolderLogDelivery } from '../../../lib/adapters/system/index.ts';
import { LogRefused } from '../../../lib/ports/execution-log.ts';

const destination = { group: 'arn:aws:logs:us-east-1:000000000000:log-group:orders:*', workflow: 'order' };
const entry = (id: number) => ({ timestamp: id, message: JSON.stringify({ id }) });

test('logs as files keep the order of what is delivered, and are bounded', async ({ onTestFinished }) => {
  const root = await mkdtemp(join(tmpdir(), 'knhk-logs-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const delivery = new FolderLogDelivery(join(root, 'logs'), 18);
  await Promise.all([1, 2, 3, 4, 5].map((id) => delivery.deliver(destination, [entry(id)])));
  const contents = () =>
    Promise.all(['orders.1.jsonl', 'orders.jsonl'].map((name) => readFile(join(root, 'logs', name), 'utf8')));
  expect(await contents()).toEqual(['{"id":3}\n{"id":4}\n', '{"id":5}\n']);
  expect((await readdir(join(root, 'logs'))).sort()).toEqual(['orders.1.jsonl', 'orders.jsonl']);
  // Another process goes on in the same file.
  await new FolderLogDelivery(join(root, 'logs'), 18).deliver(destination, [entry(6)]);
  expect((await contents())[1]).toBe('{"id":5}\n{"id":6}\n');
  await expect(delivery.deliver({ ...destination, group: 'orders' }, [entry(7)])).rejects.toThrow(LogRefused);
});
