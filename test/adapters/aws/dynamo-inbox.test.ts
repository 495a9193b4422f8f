import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { DynamoInbox } from '../../../lib/adapters/aws/dynamo-inbox.ts';
import { type ConsumedUnits, DynamoTable } from '../../../lib/adapters/aws/dynamo-table.ts';
import { inboxPartition } from '../../../lib/adapters/aws/keys.ts';
import { EVENT_TABLE } from '../../../lib/adapters/aws/tables.ts';
import type { Fact } from '../../../lib/ports/event-store.ts';
import { noise } from '../../contracts/noise.ts';
import { createTable, type Emulator, emulatedClients, onEachDynamo } from './emulators.ts';
import { ARNS, Blobs, CLOCK, newExecution } from './fixtures.ts';

const fact = (i: number): Fact => ({ id: `child-${i}`, at: 1_000 + i, body: `end of ${i}` });

onEachDynamo(describe, (kind) => {
  let emulator: Emulator;
  let clients: AwsClients;
  let table: DynamoTable;
  let inbox: DynamoInbox;
  const consumed: ConsumedUnits[] = [];

  beforeAll(async () => {
    emulator = await kind.start();
    clients = emulatedClients({ dynamodb: emulator.endpoint });
    table = await createTable(clients, EVENT_TABLE, { onConsumed: (units) => consumed.push(units) });
    inbox = new DynamoInbox({ table, blobs: new Blobs(), arns: ARNS, clock: CLOCK });
  });

  afterAll(async () => {
    clients.destroy();
    await emulator.stop();
  });

  it('keeps facts of any size', async () => {
    const execution = newExecution();
    const large = { id: 'large', at: 1, body: noise(600_000) };
    expect(await inbox.deposit(execution, large)).toBe('deposited');
    expect(await inbox.facts(execution)).toEqual([large]);
  });

  it('takes one write unit to deposit, one to discard, and one read unit to look', async () => {
    const execution = newExecution();
    consumed.length = 0;
    await inbox.deposit(execution, fact(1));
    await inbox.facts(execution);
    await inbox.discard(execution, ['child-1']);
    expect(consumed.map(({ kind: of, units }) => [of, units])).toEqual([
      ['write', 1],
      ['read', 1],
      ['write', 1],
    ]);
  });

  describe('when DynamoDB throttles an inbox', () => {
    let proxy: Server;
    let throttled: AwsClients;
    let writer: DynamoInbox;
    const busy = newExecution();

    /** Puts of facts into the busy inbox's own partition are refused; all else goes through. */
    beforeAll(async () => {
      const refused = inboxPartition(ARNS.execution(busy));
      proxy = createServer(async (incoming, outgoing) => {
        const body = Buffer.concat(await incoming.toArray());
        const isPut = String(incoming.headers['x-amz-target']).endsWith('PutItem');
        const item = isPut ? JSON.parse(body.toString()).Item : undefined;
        if (item?.pk.S === refused && item.b) {
          outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
          outgoing.end('{"__type":"ProvisionedThroughputExceededException","message":"too busy"}');
          return;
        }
        const { method, headers, url } = incoming;
        request(emulator.endpoint + url, { method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        }).end(body);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      throttled = emulatedClients({ dynamodb: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }, 2);
      const behind = new DynamoTable({ name: table.name, client: () => throttled.dynamo() });
      writer = new DynamoInbox({ table: behind, blobs: new Blobs(), arns: ARNS, clock: CLOCK });
    });

    afterAll(() => {
      throttled.destroy();
      proxy.close();
    });

    it('spreads it, and readers find every fact once', async () => {
      await inbox.deposit(busy, fact(0));
      const facts = Array.from({ length: 40 }, (_, i) => fact(i));
      // The first of them comes a second time, now beside its own partition.
      for (const each of facts) expect(await writer.deposit(busy, each)).toBe('deposited');
      expect(await writer.deposit(busy, fact(7))).toBe('exists');
      expect(await inbox.facts(busy)).toEqual(facts);
      await inbox.discard(
        busy,
        facts.slice(0, 30).map(({ id }) => id),
      );
      expect(await inbox.facts(busy)).toEqual(facts.slice(30));
      expect(await inbox.deposit(busy, fact(50))).toBe('deposited');
      expect(await inbox.facts(busy)).toEqual([...facts.slice(30), fact(50)]);
    });
  });
});
