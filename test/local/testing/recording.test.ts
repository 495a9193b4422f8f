import { fileURLToPath } from 'node:url';
import { type Mocks, type TestRun, testWorkflow } from 'knhk/testing';
import { describe, expect, test } from 'vitest';
import { type ShownEvent, shownEvent } from '../../../lib/local/cli/trail.ts';
import { record } from '../../../lib/local/testing/recording.ts';

const order = fileURLToPath(new URL('../../../examples/order.asl.json', import.meta.url));

const items = ['lamp', 'bulb', 'cable'].map((sku, at) => ({ sku, quantity: at + 1 }));

const happy: Mocks = {
  ValidateOrder: { Return: { id: 'A-1', card: 'visa', warehouse: 'w', deadlineSeconds: 600, total: 9, items } },
  ReserveItem: async ({ item }, call) => {
    await call.wait(item.quantity);
    return { sku: item.sku, shelf: `S-${item.quantity}` };
  },
  ChargeCard: { '0-1': { Throw: { Error: 'CardNetworkError', Cause: 'Away.' } }, '2': { Return: { id: 'p' } } },
  AwaitParcel: { Return: { parcel: 'P' }, AfterSeconds: 90, Submit: { StatusCode: 202 } },
  ShipParcel: { Return: { tracking: 'T' }, AfterSeconds: 1.5 },
};

const worlds: Readonly<Record<string, Mocks>> = {
  'that succeeds after retries': happy,
  'that times out, and is made good': {
    ...happy,
    AwaitParcel: { Never: true },
    RefundPayment: { Return: { id: 'r' } },
  },
  'that fails in one of several items': {
    ...happy,
    ReserveItem: ({ item }) => {
      if (item.sku === 'bulb') throw Object.assign(new Error('None left.'), { name: 'OutOfStock' });
      return { sku: item.sku };
    },
  },
};

function shown(run: TestRun): readonly ShownEvent[] {
  return run.history.map(({ timestamp, ...event }) =>
    shownEvent({ ...event, timestamp: new Date(timestamp).toISOString() }),
  );
}

describe('the test that is recorded of an execution', () => {
  test.each(Object.entries(worlds))('%s does the same again, event by event', async (_name, mocks) => {
    const run = await testWorkflow(order, { mocks });
    const recorded = record(shown(run));
    const { startTime, input } = recorded;
    const again = await testWorkflow(order, { startTime, input, mocks: JSON.parse(JSON.stringify(recorded.mocks)) });
    again.expect(recorded.expect);
    expect(recorded.expect.status).toBe(run.status);
    expect(recorded.notes).toEqual([]);
    expect(again.history).toEqual(run.history);
  });

  test('of an execution that was redriven, ends where that one had ended first', async () => {
    const mocks: Mocks = { ...happy, ValidateOrder: { Throw: { Error: 'InvalidOrder', Cause: 'No items.' } } };
    const failed = shown(await testWorkflow(order, { mocks }));
    const succeeded = shown(await testWorkflow(order, { mocks: happy }));
    const [first] = failed;
    const redriven = first === undefined ? expect.fail() : { ...first, type: 'ExecutionRedriven', details: {} };
    const recorded = record([...failed, redriven, ...succeeded.slice(1)]);
    const { notes, ...rest } = recorded;
    expect({ ...rest, notes: [] }).toEqual(record(failed));
    expect(notes).toEqual(['It was redriven: what came after its first end is left out.']);
    expect(recorded.expect.status).toBe('FAILED');
  });
});
