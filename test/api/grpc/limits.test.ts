import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { expect, test } from 'vitest';
import { ExecutionService, type HistoryEnd, WorkflowService } from '../../../lib/api/grpc/gen/knhk_pb.ts';
import type { ApiPolicy } from '../../../lib/api/index.ts';
import { startApi } from '../running-api.ts';

/** What a stream does where an answer may not last for ever, or hold everything. */

async function clientFor(policy: Partial<ApiPolicy>, cleanup: (end: () => Promise<void>) => void) {
  const api = await startApi({ policy });
  cleanup(() => api.close());
  const transport = createConnectTransport({ baseUrl: api.url, httpVersion: '1.1' });
  const workflows = createClient(WorkflowService, transport);
  const executions = createClient(ExecutionService, transport);
  return {
    start: async (definition: object) => {
      const text = { kind: { case: 'stringValue' as const, value: JSON.stringify(definition) } };
      await workflows.createWorkflow({ name: 'w', definition: text });
      await executions.startExecution({ workflow: 'w', name: 'e', wait: 0.1 });
    },
    stream: async (after: number) => {
      const ids: number[] = [];
      let end: HistoryEnd | undefined;
      for await (const { item } of executions.streamHistory({ workflow: 'w', execution: 'e', after, follow: true })) {
        if (item.case === 'event') ids.push(item.value.id);
        if (item.case === 'end') end = item.value;
      }
      return { ids, end: end ?? expect.fail('The stream broke off.') };
    },
  };
}

test('it ends in time, and says where to go on', async ({ onTestFinished }) => {
  const { start, stream } = await clientFor({ followMs: 100 }, onTestFinished);
  await start({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } });
  const first = await stream(0);
  expect(first).toMatchObject({ ids: [1, 2], end: { status: 'RUNNING', after: 2, more: false } });
  expect(await stream(first.end.after)).toMatchObject({ ids: [], end: { status: 'RUNNING', after: 2 } });
});

test('it ends before it is too large, and goes on without a gap', async ({ onTestFinished }) => {
  const { start, stream } = await clientFor({ maxAnswerBytes: 1_000 }, onTestFinished);
  const names = Array.from({ length: 10 }, (_, n) => `S${n}`);
  const states = names.map((name, n) => [
    name,
    { Type: 'Pass', ...(n === 9 ? { End: true } : { Next: names[n + 1] }) },
  ]);
  await start({ StartAt: 'S0', States: Object.fromEntries(states) });
  const ids: number[] = [];
  let calls = 0;
  for (let after = 0, more = true; more; calls += 1) {
    const { ids: some, end } = await stream(after);
    ids.push(...some);
    ({ after, more } = end);
    if (!more) expect(end.status).toBe('SUCCEEDED');
  }
  expect(calls).toBeGreaterThan(2);
  expect(ids).toEqual(Array.from({ length: 22 }, (_, n) => n + 1));
});
