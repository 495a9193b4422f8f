import { describe, expect, it } from 'vitest';
import { connectionsSchema, LocalConnections } from '../../lib/local/connections.ts';

const ARN = 'arn:aws:events:us-east-1:123456789012:connection/shop/0a1b';
const basic = { basic: { username: 'ann', password: { env: 'SHOP_PASSWORD' } } };

describe('the connections of the configuration file', () => {
  it('are found by ARN before they are found by name', async () => {
    const other = { basic: { username: 'bob', password: 'x' } };
    const byName = new LocalConnections({ shop: basic }, { SHOP_PASSWORD: 'secret' });
    expect((await byName.find(ARN)).authorization).toEqual({ kind: 'basic', username: 'ann', password: 'secret' });
    const both = new LocalConnections({ shop: basic, [ARN]: other }, {});
    expect((await both.find(ARN)).authorization).toMatchObject({ username: 'bob' });
  });

  it('name the variable that is missing, and the connection that is', async () => {
    await expect(new LocalConnections({ shop: basic }, {}).find(ARN)).rejects.toThrow(/SHOP_PASSWORD/);
    await expect(new LocalConnections({}, {}).find(ARN)).rejects.toThrow(/no connection 'shop'/);
    await expect(new LocalConnections({}, {}).find('constructor')).rejects.toThrow(/no connection/);
  });

  it('have exactly one way to authorize', () => {
    expect(connectionsSchema.safeParse({ shop: basic }).success).toBe(true);
    expect(connectionsSchema.safeParse({ shop: {} }).success).toBe(false);
    expect(connectionsSchema.safeParse({ shop: { ...basic, apiKey: { header: 'x', value: 'y' } } }).success).toBe(
      false,
    );
    expect(connectionsSchema.safeParse({ shop: { ...basic, other: 1 } }).success).toBe(false);
  });
});
