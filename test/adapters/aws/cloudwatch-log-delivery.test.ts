import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { CloudWatchLogDelivery } from '../../../lib/adapters/aws/cloudwatch-log-delivery.ts';
import { StoreUnavailable } from '../../../lib/ports/event-store.ts';
import { LogRefused } from '../../../lib/ports/execution-log.ts';
import { FakeCloudWatchLogs } from './fake-cloudwatch-logs.ts';

const NOW = Date.UTC(2026, 10, 22, 21, 49);
const DAY = 24 * 3_600_000;
const orders = { group: 'arn:aws:logs:us-east-1:123456789012:log-group:/shop/orders:*', workflow: 'order' };

describe('logs in CloudWatch', () => {
  let service: FakeCloudWatchLogs;
  let clients: AwsClients;
  let delivery: CloudWatchLogDelivery;
  let now: number;

  beforeEach(async () => {
    service = new FakeCloudWatchLogs();
    service.groups.add('/shop/orders');
    clients = new AwsClients({ endpoints: { logs: await service.start() } });
    now = NOW;
    delivery = new CloudWatchLogDelivery({ client: () => clients.logs(), now: () => now });
  });
  afterEach(() => {
    clients.destroy();
    service.stop();
  });

  it('go to one stream of this process, and to a new one a day later', async () => {
    await delivery.deliver(orders, [{ timestamp: NOW, message: '{"id":"1"}' }]);
    await delivery.deliver(orders, [{ timestamp: NOW, message: '{"id":"2"}' }]);
    now += DAY;
    await delivery.deliver(orders, [{ timestamp: now, message: '{"id":"3"}' }]);
    expect(service.messages('/shop/orders')).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
    const [first, second, third] = service.puts.map(({ logStreamName }) => logStreamName);
    expect(first).toMatch(/^states\/order\/2026-11-22-21-49\/[0-9a-f]{8}$/);
    expect(second).toBe(first);
    expect(third).toMatch(/^states\/order\/2026-11-23-21-49\//);
  });

  it('keep to the limits of a request: its bytes in UTF-8, a day, and times that do not go back', async () => {
    const large = JSON.stringify({ text: 'ü'.repeat(120_000) });
    const late = NOW + DAY;
    await delivery.deliver(orders, [
      ...Array.from({ length: 9 }, () => ({ timestamp: NOW, message: large })),
      { timestamp: NOW - 1, message: '{"id":"earlier"}' },
      { timestamp: late, message: '{"id":"late"}' },
    ]);
    expect(service.puts.map(({ logEvents }) => logEvents.length)).toEqual([4, 4, 2, 1]);
    expect(service.puts[2]?.logEvents.at(-1)).toEqual({ timestamp: NOW, message: '{"id":"earlier"}' });
  });

  it('are refused by a group that does not exist, and by what is no group', async () => {
    const missing = { ...orders, group: 'arn:aws:logs:us-east-1:123456789012:log-group:other' };
    const entry = { timestamp: NOW, message: '{}' };
    await expect(delivery.deliver(missing, [entry])).rejects.toThrow(LogRefused);
    await expect(delivery.deliver({ ...orders, group: 'other' }, [entry])).rejects.toThrow(LogRefused);
    // It is asked again: somebody may have made it.
    service.groups.add('other');
    await delivery.deliver(missing, [entry]);
    expect(service.messages('other')).toEqual([{}]);
  });

  it('go to a new stream where the old one has been deleted', async () => {
    const entry = { timestamp: NOW, message: '{}' };
    await delivery.deliver(orders, [entry]);
    service.streams.clear();
    await delivery.deliver(orders, [entry]);
    expect(service.puts).toHaveLength(2);
    expect(service.puts[1]?.logStreamName).not.toBe(service.puts[0]?.logStreamName);
  });

  it('say what the service left out, and what may be tried again', async () => {
    service.tooOldBefore = 2;
    const entries = [1, 2, 3].map((id) => ({ timestamp: NOW + id, message: JSON.stringify({ id }) }));
    await expect(delivery.deliver(orders, entries)).rejects.toThrow('2 events');
    service.isDown = true;
    await expect(delivery.deliver(orders, entries)).rejects.toThrow(StoreUnavailable);
  });
});
