import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test, vi } from 'vitest';
import { startServer } from '../../lib/local/server.ts';
import { folderForTest } from './knhk-process.ts';

const roleArn = 'arn:aws:iam::000000000000:role/tasks';
const silent = { log: () => {} };
const group = (name: string) => `arn:aws:logs:us-east-1:000000000000:log-group:${name}:*`;
const destinations = (name: string) => [{ cloudWatchLogsLogGroup: { logGroupArn: group(name) } }];
const loop = {
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemProcessor: { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 0, End: true } } },
      Next: 'Refuse',
    },
    Refuse: { Type: 'Fail', Error: 'Refused', Cause: 'No.' },
  },
};

async function serverForTest(dataDir: string) {
  const server = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
  const client = new SFNClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    disableHostPrefix: true,
  });
  const closed = async (executionArn: string | undefined) => {
    await vi.waitFor(async () => {
      const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
      expect(status).not.toBe('RUNNING');
    });
  };
  return { server, client, closed };
}

async function linesOf(path: string): Promise<readonly Record<string, unknown>[]> {
  const content = await readFile(path, 'utf8');
  return content
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the logs of one machine', () => {
  test('hold the whole history, over a restart and a redrive', async ({ onTestFinished }) => {
    const dataDir = await folderForTest(onTestFinished);
    const first = await serverForTest(dataDir);
    const { stateMachineArn } = await first.client.send(
      new CreateStateMachineCommand({
        ...{ name: 'loop', definition: JSON.stringify(loop), roleArn },
        loggingConfiguration: { level: 'ALL', includeExecutionData: true, destinations: destinations('/shop/loops') },
      }),
    );
    const { executionArn } = await first.client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'one', input: '[1,2,3]' }),
    );
    await first.closed(executionArn);
    await first.server.close();

    const second = await serverForTest(dataDir);
    await second.client.send(new RedriveExecutionCommand({ executionArn }));
    await second.closed(executionArn);
    const { events = [] } = await second.client.send(new GetExecutionHistoryCommand({ executionArn }));
    await second.server.close();
    const lines = await linesOf(join(dataDir, 'logs', 'shop', 'loops.jsonl'));
    expect(lines.map(({ id, type, previous_event_id }) => [id, type, previous_event_id])).toEqual(
      events.map(({ id, type, previousEventId }) => [String(id), type, String(previousEventId)]),
    );
    const redriven = lines.findIndex(({ type }) => type === 'ExecutionRedriven');
    expect(lines.map(({ redrive_count }) => redrive_count)).toEqual(lines.map((_, at) => (at < redriven ? '0' : '1')));
  });

  test('begin when a workflow asks for one, with the events of its level, and never leave the folder', async ({
    onTestFinished,
  }) => {
    const dataDir = await folderForTest(onTestFinished);
    const { client, server } = await serverForTest(dataDir);
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({ name: 'loop', type: 'EXPRESS', definition: JSON.stringify(loop), roleArn }),
    );
    const run = () => client.send(new StartSyncExecutionCommand({ stateMachineArn, input: '[1]' }));
    await run();
    expect(await readdir(dataDir)).not.toContain('logs');
    const loggingConfiguration = { level: 'ERROR', destinations: destinations('../../errors') } as const;
    await client.send(new UpdateStateMachineCommand({ stateMachineArn, loggingConfiguration }));
    const file = join(dataDir, 'logs', '__', '__', 'errors.jsonl');
    // A configuration may be seen a second later.
    await vi.waitFor(
      async () => {
        await run();
        expect((await linesOf(file)).slice(0, 2)).toMatchObject([
          { type: 'FailStateEntered', details: { name: 'Refuse' } },
          { type: 'ExecutionFailed', details: { error: 'Refused', cause: 'No.' } },
        ]);
      },
      { timeout: 10_000, interval: 200 },
    );
    await server.close();
  });
});
