import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLE, type RunningApi, startApi } from './running-api.ts';

const KB = 1_024;
const STATES = 12;
const payload = JSON.stringify({ text: 'x'.repeat(300 * KB) });

/** States that hand on what they get, one after another. */
const chain = {
  StartAt: 'S1',
  States: Object.fromEntries(
    Array.from({ length: STATES }, (_, i) => [
      `S${i + 1}`,
      { Type: 'Pass', ...(i + 1 < STATES ? { Next: `S${i + 2}` } : { End: true }) },
    ]),
  ),
};

describe('payloads beyond what an answer holds', () => {
  let api: RunningApi;
  let executionArn: string;

  beforeAll(async () => {
    api = await startApi({ policy: { maxAnswerBytes: 1_000 * KB } });
    const { stateMachineArn } = await api.client.send(
      new CreateStateMachineCommand({ name: 'chain', definition: JSON.stringify(chain), roleArn: ROLE }),
    );
    const started = await api.client.send(new StartExecutionCommand({ stateMachineArn, input: payload }));
    executionArn = started.executionArn ?? '';
  });
  afterAll(() => api.close());

  async function pages(reverseOrder: boolean): Promise<readonly (readonly HistoryEvent[])[]> {
    const all: HistoryEvent[][] = [];
    let nextToken: string | undefined;
    do {
      const page = await api.client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder, nextToken }));
      all.push(page.events ?? []);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return all;
  }

  it.each([false, true])(
    'shorten the pages of the history, and lose none of its events (reverse: %s)',
    async (reverse) => {
      const all = await pages(reverse);
      expect(Math.max(...all.map((page) => page.length))).toBe(3);
      const ids = all.flat().map(({ id }) => id);
      const expected = Array.from({ length: 2 * STATES + 2 }, (_, i) => i + 1);
      expect(ids).toEqual(reverse ? expected.reverse() : expected);
      expect(all.flat().find(({ type }) => type === 'PassStateExited')?.stateExitedEventDetails?.output).toBe(payload);
    },
  );

  it('are left out where a single one is too large, and said to be', async () => {
    const input = JSON.stringify({ text: 'x'.repeat(1_100 * KB) });
    const machine = { StartAt: 'S', States: { S: { Type: 'Pass', Result: 'small', End: true } } };
    const { stateMachineArn } = await api.client.send(
      new CreateStateMachineCommand({ name: 'large', definition: JSON.stringify(machine), roleArn: ROLE }),
    );
    const started = await api.client.send(new StartExecutionCommand({ stateMachineArn, input }));
    const { events } = await api.client.send(new GetExecutionHistoryCommand({ executionArn: started.executionArn }));
    expect(events?.map(({ type }) => type)).toHaveLength(4);
    expect(events?.[0]?.executionStartedEventDetails).toEqual({ inputDetails: { truncated: true }, roleArn: ROLE });
    const described = await api.client.send(new DescribeExecutionCommand({ executionArn: started.executionArn }));
    expect(described).toMatchObject({ output: '"small"', outputDetails: { included: true } });
    expect(described).toMatchObject({ inputDetails: { included: false } });
    expect(described.input).toBeUndefined();
    const [, name] = /:([^:]+)$/.exec(started.executionArn ?? '') ?? [];
    const shown = await (await fetch(`${api.url}/v1/workflows/large/executions/${name}`)).json();
    expect(shown).toMatchObject({ status: 'SUCCEEDED', output: 'small', omitted: ['input'] });
    expect(shown).not.toHaveProperty('input');
  });
});
