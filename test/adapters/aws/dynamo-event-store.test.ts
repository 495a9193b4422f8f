import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { DynamoEventStore } from '../../../lib/adapters/aws/dynamo-event-store.ts';
import { type ConsumedUnits, DynamoTable } from '../../../lib/adapters/aws/dynamo-table.ts';
import { EVENT_TABLE } from '../../../lib/adapters/aws/tables.ts';
import type { Lease, StoredCommit } from '../../../lib/ports/event-store.ts';
import { noise } from '../../contracts/noise.ts';
import { createTable, type Emulator, emulatedClients, freePort, onEachDynamo } from './emulators.ts';
import { ARNS, Blobs, commit, newExecution } from './fixtures.ts';

const LEASE: Lease = { owner: '2026/11/22/[$LATEST]a1b2c3d4', until: 1_795_384_188_000 };

onEachDynamo(describe, (kind) => {
  let emulator: Emulator;
  let clients: AwsClients;
  let table: DynamoTable;
  let store: DynamoEventStore;
  const blobs = new Blobs();
  const consumed: ConsumedUnits[] = [];

  beforeAll(async () => {
    emulator = await kind.start();
    clients = emulatedClients({ dynamodb: emulator.endpoint });
    table = await createTable(clients, EVENT_TABLE, {
      expires: kind.expires,
      onConsumed: (units) => consumed.push(units),
    });
    store = new DynamoEventStore({ table, blobs, arns: ARNS });
  });

  afterAll(async () => {
    clients.destroy();
    await emulator.stop();
  });

  async function appendAll(commits: readonly StoredCommit[]): Promise<void> {
    for (const one of commits) expect(await store.append(one)).toBe('appended');
  }

  async function unitsOf(work: () => Promise<unknown>): Promise<{ read: number; write: number; requests: number }> {
    consumed.length = 0;
    await work();
    const sum = (of: string) => consumed.filter((c) => c.kind === of).reduce((total, c) => total + c.units, 0);
    return { read: sum('read'), write: sum('write'), requests: consumed.length };
  }

  it('keeps a log longer, and changes nothing else in it', async () => {
    const execution = newExecution();
    const given = [commit(execution, 0), commit(execution, 1), commit(execution, 2)].map((one, i) => ({
      ...one,
      expiresAt: 2_000_000_000 + i,
    }));
    await appendAll(given);
    await store.keepUntil(execution, 2_000_000_001);
    const kept = given.map((one) => ({ ...one, expiresAt: Math.max(one.expiresAt, 2_000_000_001) }));
    expect(await store.read(execution, 0, 10)).toEqual(kept);
    expect(await store.append(commit(execution, 2))).toBe('conflict');
    // Nor does it read a log that is kept long enough.
    const again = await unitsOf(() => store.keepUntil(execution, 2_000_000_001));
    expect(again).toMatchObject({ write: 0, requests: 1 });
  });

  it('gives back every part of a commit', async () => {
    const execution = newExecution();
    const full: StoredCommit = {
      execution,
      number: 0,
      body: noise(5_000),
      lease: LEASE,
      snapshot: `{"status":"RUNNING","filler":"${'x'.repeat(1_000)}"}`,
      snapshotNumber: 0,
      row: {
        execution,
        name: 'another name',
        workflow: execution.replace('execution:', 'stateMachine:').replace(/:[^:]*$/, ''),
        status: 'TIMED_OUT',
        startedAt: 1_795_384_100_000,
        closedAt: 1_795_384_188_000,
        commit: 0,
      },
      expiresAt: 1_795_984_188,
    };
    await appendAll([full]);
    expect(await store.read(execution, 0, 10)).toEqual([full]);
  });

  it('loads from the last snapshot on, in two requests however long the history is', async () => {
    const execution = newExecution();
    const snapshots = [3, 7];
    const commits = Array.from({ length: 10 }, (_, number) => {
      const base = snapshots.findLast((at) => at <= number);
      return commit(execution, number, {
        ...(base === undefined ? {} : { snapshotNumber: base }),
        ...(base === number ? { snapshot: `state ${number}` } : {}),
      });
    });
    await appendAll(commits);
    const { requests } = await unitsOf(async () => {
      expect(await store.load(execution)).toEqual(commits.slice(7));
    });
    expect(requests).toBe(2);
  });

  it('loads histories of more than one page', async () => {
    const execution = newExecution();
    const commits = Array.from({ length: 8 }, (_, number) =>
      commit(execution, number, { body: noise(250_000, number) }),
    );
    await appendAll(commits);
    expect(await store.load(execution)).toEqual(commits);
    const page = await store.read(execution, 2, 100);
    expect(page.length).toBeGreaterThan(0);
    expect(page).toEqual(commits.slice(2, 2 + page.length));
  });

  it('puts what is too large for an item into the blob store, each under a key of its own', async () => {
    const execution = newExecution();
    const big = commit(execution, 0, { body: noise(500_000), snapshot: noise(700_000, 2), snapshotNumber: 0 });
    blobs.contents.clear();
    await appendAll([big]);
    expect([...blobs.contents.keys()].every((key) => key.startsWith(`${ARNS.execution(execution)}/`))).toBe(true);
    expect(blobs.contents.size).toBe(2);
    expect(await store.append({ ...big, body: noise(500_000, 3) })).toBe('conflict');
    expect(await store.read(execution, 0, 1)).toEqual([big]);
  });

  it('lets one of two writers of the same commit win', async () => {
    const execution = newExecution();
    const bodies = Array.from({ length: 8 }, (_, i) => `writer ${i}`);
    const results = await Promise.all(bodies.map((body) => store.append(commit(execution, 0, { body }))));
    expect(results.filter((result) => result === 'appended')).toHaveLength(1);
    const [winner] = await store.read(execution, 0, 1);
    expect(winner?.body).toBe(bodies[results.indexOf('appended')]);
  });

  it('writes the commit of a normal step with one write unit', async () => {
    const execution = newExecution();
    const events = `[{"type":"TaskSucceeded","id":17,"output":${JSON.stringify(noise(560))}}]`;
    const step = commit(execution, 41, { body: events, lease: LEASE, snapshotNumber: 12 });
    expect(events.length).toBeGreaterThan(600);
    expect(await unitsOf(() => store.append(step))).toEqual({ read: 0, write: 1, requests: 1 });
  });

  describe('with a connection that loses answers', () => {
    let proxy: Server;
    let lossy: AwsClients;
    let losses = 0;
    let lossyStore: DynamoEventStore;

    beforeAll(async () => {
      proxy = createServer((incoming, outgoing) => {
        const { method, headers, url } = incoming;
        const onward = request(emulator.endpoint + url, { method, headers }, (answer) => {
          if (losses > 0) {
            losses -= 1;
            answer.resume();
            answer.once('end', () => outgoing.destroy());
          } else {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          }
        });
        incoming.pipe(onward);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const { port } = proxy.address() as AddressInfo;
      lossy = emulatedClients({ dynamodb: `http://127.0.0.1:${port}` }, 2);
      const lossyTable = new DynamoTable({ name: table.name, client: () => lossy.dynamo() });
      lossyStore = new DynamoEventStore({ table: lossyTable, blobs, arns: ARNS });
    });

    afterAll(async () => {
      lossy.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    });

    it('knows its own commit when it had to send it twice', async () => {
      const execution = newExecution();
      losses = 1;
      expect(await lossyStore.append(commit(execution, 0))).toBe('appended');
      expect(losses).toBe(0);
      expect(await lossyStore.append(commit(execution, 0))).toBe('conflict');
    });

    it("does not take another writer's commit for its own", async () => {
      const execution = newExecution();
      await appendAll([commit(execution, 0, { body: 'theirs' })]);
      losses = 1;
      expect(await lossyStore.append(commit(execution, 0, { body: 'ours' }))).toBe('conflict');
    });

    it('says so when it cannot know whether the commit was written, and load tells', async () => {
      const execution = newExecution();
      losses = 2;
      await expect(lossyStore.append(commit(execution, 0))).rejects.toMatchObject({ code: 'Knhk.StoreUnavailable' });
      expect(await store.load(execution)).toEqual([commit(execution, 0)]);
    });
  });
});

describe('where DynamoDB does not take requests', () => {
  const storeAt = (endpoint: string) => {
    const clients = emulatedClients({ dynamodb: endpoint }, 2);
    const table = new DynamoTable({ name: 'none', client: () => clients.dynamo() });
    return { clients, store: new DynamoEventStore({ table, blobs: new Blobs(), arns: ARNS }) };
  };

  it('throws StoreUnavailable when nobody answers', async () => {
    const { clients, store } = storeAt(`http://127.0.0.1:${await freePort()}`);
    await expect(store.load(newExecution())).rejects.toMatchObject({ code: 'Knhk.StoreUnavailable' });
    await expect(store.append(commit(newExecution(), 0))).rejects.toMatchObject({ code: 'Knhk.StoreUnavailable' });
    clients.destroy();
  });

  it.each([
    [400, 'ProvisionedThroughputExceededException', 2, 'Knhk.StoreUnavailable'],
    [500, 'InternalServerError', 2, 'Knhk.StoreUnavailable'],
    [400, 'ResourceNotFoundException', 1, undefined],
  ])('answers %d %s with as many requests as help: %d', async (status, type, requests, code) => {
    let received = 0;
    const server = createServer((incoming, outgoing) => {
      received += 1;
      incoming.resume();
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { clients, store } = storeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const error: unknown = await store.append(commit(newExecution(), 0)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as { code?: string }).code).toBe(code);
    expect(received).toBe(requests);
    clients.destroy();
    server.close();
  });
});
