import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoKeyValueStore } from '../../../lib/adapters/aws/dynamo-key-value-store.ts';
import { STATE_TABLE } from '../../../lib/adapters/aws/tables.ts';
import { MemoryKeyValueStore } from '../../../lib/adapters/memory/memory-key-value-store.ts';
import { SystemClock, SystemIds } from '../../../lib/adapters/system/index.ts';
import { CircuitBreakers } from '../../../lib/execution/breakers/circuit-breakers.ts';
import type { Admission } from '../../../lib/execution/gates.ts';
import type { KeyValueStore } from '../../../lib/ports/key-value-store.ts';
import { readBreakerPolicy } from '../../../lib/resilience/breaker-policy.ts';
import { addCall, addCalls, takeProbe, totals } from '../../../lib/resilience/circuit-breaker.ts';
import { createTable, DYNAMO_EMULATORS, emulatedClients } from '../../adapters/aws/emulators.ts';
import { Blobs } from '../../adapters/aws/fixtures.ts';
import { serviceTask } from '../../adapters/aws/services/assignment.ts';
import { opened } from '../../adapters/sqlite/data-dir.ts';

interface Opened {
  readonly store: KeyValueStore;
  readonly close: () => Promise<void>;
}

const stores: Readonly<Record<string, () => Promise<Opened>>> = {
  memory: async () => ({ store: new MemoryKeyValueStore(), close: async () => {} }),
  SQLite: () => opened(({ keyValues }) => keyValues),
  DynamoDB: async () => {
    const emulator = (await DYNAMO_EMULATORS[0]?.start()) ?? expect.fail();
    const clients = emulatedClients({ dynamodb: emulator.endpoint });
    const table = await createTable(clients, STATE_TABLE, { expires: false });
    return {
      store: new DynamoKeyValueStore({ table, blobs: new Blobs() }),
      close: async () => {
        clients.destroy();
        await emulator.stop();
      },
    };
  },
};

const target = 'https://api.example.com';
const call = { task: serviceTask('http:invoke', { ApiEndpoint: target, Method: 'GET' }), target };

describe.each(Object.entries(stores))('breakers that many processes change at once, on %s', (_name, open) => {
  let store: KeyValueStore;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  function processes(count: number, policy: object): readonly CircuitBreakers[] {
    return Array.from({ length: count }, () => {
      const configured = new Map([[target, readBreakerPolicy({ ...policy })]]);
      const parts = { clock: new SystemClock(), ids: new SystemIds(), telemetry: { log: () => {} } };
      return new CircuitBreakers({ store, ...parts, configured, freshForMs: 1_000 });
    });
  }

  it('lose no call that failed', async () => {
    const policy = readBreakerPolicy({ minimumCalls: 10_000, windowSeconds: 600 });
    const all = processes(6, policy);
    const failure = () => addCall(policy, [], { at: Date.now(), isFailure: true, isSlow: false });
    await Promise.all(
      all.map(async ({ records }) => {
        for (let count = 0; count < 5; count += 1) {
          await records.change(target, (state) => addCalls(policy, state, failure(), { now: Date.now(), settleMs: 0 }));
        }
      }),
    );
    const { state } = (await all[0]?.records.read(target)) ?? expect.fail();
    expect(totals(policy, state, Date.now())).toEqual({ calls: 30, failures: 30, slow: 0 });
  });

  it('tell all that their gates have seen, in the end', async () => {
    const all = processes(4, { minimumCalls: 10_000, windowSeconds: 600 });
    const policy = all[0]?.policies.of(target) ?? expect.fail();
    await all[0]?.records.change(target, () => ({ state: { kind: 'closed', since: 1, buckets: [] } }));
    await Promise.all(
      all.map(async (breakers) => {
        for (let count = 0; count < 10; count += 1) {
          ended(await breakers.admit(call), count % 2 === 0 ? 'States.TaskFailed' : undefined);
        }
      }),
    );
    await expect
      .poll(async () => totals(policy, (await all[0]?.records.read(target))?.state ?? expect.fail(), Date.now()), {
        timeout: 5_000,
      })
      .toMatchObject({ failures: 20 });
  });

  it('give away no more probes than there are, and close once', async () => {
    const transitions: string[] = [];
    const policy = readBreakerPolicy({ probes: 3, successesToClose: 3 });
    const all = processes(8, policy);
    await all[0]?.records.change(target, () => ({ state: { kind: 'open', since: 0, until: 1 } }));
    const taken = await Promise.all(
      all.map(({ records }, index) =>
        records.change(target, (state) => takeProbe(policy, state, `p${index}`, Date.now())),
      ),
    );
    for (const { made } of taken) if (made?.transition !== undefined) transitions.push(made.transition.to);
    expect(taken.filter(({ made }) => made !== undefined)).toHaveLength(3);
    expect(transitions).toEqual(['halfOpen']);
  });
});

function ended(admission: Admission, error?: string): void {
  if (admission.kind !== 'admitted') expect.fail(admission.kind);
  admission.ended?.(error === undefined ? { kind: 'succeeded', ms: 1 } : { kind: 'failed', error, ms: 1 });
}
