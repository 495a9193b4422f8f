import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { SqsWorkQueue } from '../../../lib/adapters/aws/sqs-work-queue.ts';
import { messageGroupId, readWorkBody } from '../../../lib/adapters/aws/work-message.ts';
import type { WorkMessage } from '../../../lib/ports/work-queue.ts';
import { describeWorkQueue } from '../../contracts/work-queue.ts';
import { emulatedClients } from './emulators.ts';
import { newExecution } from './fixtures.ts';

describe('on fauxqs', () => {
  let server: FauxqsServer;
  let clients: AwsClients;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    clients = emulatedClients({ sqs: server.address });
  });

  afterAll(async () => {
    clients.destroy();
    await server.stop();
  });

  function newQueue(): { queue: SqsWorkQueue; name: string; url: string } {
    const name = `q-${process.hrtime.bigint()}`;
    const { queueUrl } = server.createQueue(name);
    return { queue: new SqsWorkQueue({ client: () => clients.sqs(), queueUrl }), name, url: queueUrl };
  }

  /** Takes up to ten messages. */
  async function receive(url: string): Promise<string[]> {
    const client = await clients.sqs();
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return [];
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    return Messages.map(({ Body = '' }) => readWorkBody(Body).execution);
  }

  async function drain(url: string): Promise<string[]> {
    const executions: string[] = [];
    for (;;) {
      const some = await receive(url);
      if (some.length === 0) return executions;
      executions.push(...some);
    }
  }

  describeWorkQueue('SQS', async () => {
    const { queue, url } = newQueue();
    return {
      queue,
      receive: () => receive(url),
      elapse: (seconds) => setTimeout(seconds * 1000),
      close: async () => {},
    };
  });

  it('sends any number of messages', async () => {
    const { queue, url } = newQueue();
    const messages = Array.from({ length: 37 }, () => ({ execution: newExecution(), group: 'acme/order' }));
    await queue.send(messages);
    await queue.send([]);
    expect((await drain(url)).sort()).toEqual(messages.map(({ execution }) => execution));
  });

  it('delays messages', async () => {
    const { queue, name } = newQueue();
    await queue.send([
      { execution: newExecution(), group: 'g', delaySeconds: 900 },
      { execution: newExecution(), group: 'g', delaySeconds: 0 },
    ]);
    const messages = server.inspectQueue(name)?.messages;
    expect(messages?.delayed).toHaveLength(1);
    expect(messages?.ready).toHaveLength(1);
  });

  it.each([901, -1, 1.5, Number.NaN])(
    'refuses a delay of %d seconds before it sends anything',
    async (delaySeconds) => {
      const { queue, url } = newQueue();
      const messages = [
        { execution: 'a', group: 'g' },
        { execution: 'b', group: 'g', delaySeconds },
      ];
      await expect(queue.send(messages)).rejects.toThrow(RangeError);
      expect(await drain(url)).toEqual([]);
    },
  );
});

interface Batch {
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string; readonly MessageGroupId: string }[];
}

describe('where SQS refuses some messages of a batch', () => {
  let server: Server;
  let clients: AwsClients;
  let queue: SqsWorkQueue;
  const batches: Batch[] = [];
  /** Which messages of the batch of this number are refused. */
  let refuse: (batch: number, index: number) => { SenderFault: boolean } | undefined;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const batch: Batch = JSON.parse(Buffer.concat(await request.toArray()).toString());
      batches.push(batch);
      const refused = batch.Entries.map((_, index) => refuse(batches.length, index));
      const Failed = batch.Entries.flatMap(({ Id }, i) => {
        const fault = refused[i];
        return fault ? [{ Id, ...fault, Code: 'InternalError', Message: 'try again' }] : [];
      });
      const sent = batch.Entries.filter((_, i) => !refused[i]);
      const Successful = sent.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      }));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ Failed, Successful }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    clients = emulatedClients({ sqs: endpoint });
    queue = new SqsWorkQueue({ client: () => clients.sqs(), queueUrl: `${endpoint}/123456789012/work` });
  });

  afterAll(() => {
    clients.destroy();
    server.close();
  });

  const three: WorkMessage[] = ['a', 'b', 'c'].map((execution) => ({ execution, group: 'g' }));
  const executionsOf = (batch: Batch | undefined) =>
    batch?.Entries.map(({ MessageBody }) => readWorkBody(MessageBody).execution);

  it('sends those again, and no others', async () => {
    batches.length = 0;
    refuse = (batch, index) => (batch === 1 && index > 0 ? { SenderFault: false } : undefined);
    await queue.send(three);
    expect(batches.map(executionsOf)).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('names those that SQS refuses in the end', async () => {
    refuse = (_, index) => (index === 0 ? { SenderFault: false } : undefined);
    await expect(queue.send(three)).rejects.toMatchObject({ code: 'Knhk.SendFailed', executions: ['a'] });
  });

  it('does not insist where the message itself is at fault', async () => {
    batches.length = 0;
    refuse = () => ({ SenderFault: true });
    await expect(queue.send(three)).rejects.toMatchObject({ executions: ['a', 'b', 'c'] });
    expect(batches).toHaveLength(1);
  });

  it('shares requests between calls at the same time, and sends each message once', async () => {
    batches.length = 0;
    refuse = () => undefined;
    const executions = Array.from({ length: 100 }, (_, index) => `e${index}`);
    await Promise.all(executions.map((execution) => queue.send([{ execution, group: 'g' }])));
    expect(batches.flatMap((batch) => executionsOf(batch)).toSorted()).toEqual(executions.toSorted());
    expect(batches.length).toBeLessThan(20);
    for (const { Entries } of batches) expect(Entries.length).toBeLessThanOrEqual(10);
  });

  it('tells of calls that share a request only those whose message was refused', async () => {
    batches.length = 0;
    const executions = Array.from({ length: 30 }, (_, index) => `e${index}`);
    refuse = (batch, index) =>
      executionsOf(batches[batch - 1])?.[index] === 'e17' ? { SenderFault: true } : undefined;
    const outcomes = await Promise.allSettled(executions.map((execution) => queue.send([{ execution, group: 'g' }])));
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(failed).toMatchObject([{ code: 'Knhk.SendFailed', executions: ['e17'] }]);
    expect(batches.find((batch) => executionsOf(batch)?.includes('e17'))?.Entries.length).toBeGreaterThan(1);
    refuse = () => undefined;
    await queue.send([{ execution: 'afterwards', group: 'g' }]);
  });

  it('gives each message its group', async () => {
    batches.length = 0;
    refuse = () => undefined;
    await queue.send([
      { execution: 'a', group: 'acme/order' },
      { execution: 'b', group: 'große Aufträge' },
    ]);
    const groups = batches[0]?.Entries.map(({ MessageGroupId }) => MessageGroupId);
    expect(groups).toEqual(['acme/order', messageGroupId('große Aufträge')]);
    expect(groups?.[1]).toMatch(/^[0-9a-f]{64}$/);
  });
});
