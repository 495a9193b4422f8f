import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WorkQueue } from '../../lib/ports/work-queue.ts';
import { executionArn } from './names.ts';

export interface OpenedWorkQueue {
  readonly queue: WorkQueue;
  /** Takes the messages that are visible now, waiting a moment for those on their way: the execution of each. */
  readonly receive: () => Promise<readonly string[]>;
  /** Lets this many seconds pass: really, or on a simulated clock. */
  readonly elapse: (seconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What every work queue must do. Messages may come twice, so only which executions come is compared. */
export function describeWorkQueue(name: string, open: () => Promise<OpenedWorkQueue>): void {
  describe(`WorkQueue: ${name}`, () => {
    let opened: OpenedWorkQueue;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened.close();
    });

    /** Receives until all that are expected have come, or none come any more. */
    async function received(expected: readonly string[]): Promise<string[]> {
      const seen = new Set<string>();
      for (;;) {
        const some = await opened.receive();
        for (const execution of some) seen.add(execution);
        if (some.length === 0 || expected.every((execution) => seen.has(execution))) return [...seen].toSorted();
      }
    }

    test('a message arrives', async () => {
      const execution = executionArn();
      await opened.queue.send([{ execution, group: 'g' }]);
      expect(await received([execution])).toEqual([execution]);
    });

    test('sending nothing is no error, and nothing arrives', async () => {
      await opened.queue.send([]);
      expect(await received([])).toEqual([]);
    });

    test('many messages of several groups in one call all arrive', async () => {
      const executions = Array.from({ length: 137 }, executionArn);
      await opened.queue.send(executions.map((execution, i) => ({ execution, group: `group-${i % 5}` })));
      expect(await received(executions)).toEqual(executions.toSorted());
    });

    test('group names of any length and script', async () => {
      const groups = ['a', 'x'.repeat(300), 'tenant/flow é 漢 \u{1F600}', ' '];
      const executions = groups.map(executionArn);
      await opened.queue.send(groups.map((group, i) => ({ execution: executions[i] ?? '', group })));
      expect(await received(executions)).toEqual(executions.toSorted());
    });

    test('a delayed message is invisible until its time, and does not hold back others', async () => {
      const [late, now] = [executionArn(), executionArn()];
      await opened.queue.send([
        { execution: late, group: 'g', delaySeconds: 2 },
        { execution: now, group: 'g', delaySeconds: 0 },
      ]);
      expect(await received([now])).toEqual([now]);
      await opened.elapse(2.1);
      expect(await received([late])).toEqual([late]);
    });

    test('delays up to 900 seconds are taken, others are refused', async () => {
      const execution = executionArn();
      await opened.queue.send([{ execution, group: 'g', delaySeconds: 900 }]);
      expect(await received([])).toEqual([]);
      for (const delaySeconds of [901, -1, Number.NaN]) {
        await expect(opened.queue.send([{ execution, group: 'g', delaySeconds }]), `${delaySeconds}`).rejects.toThrow();
      }
    });
  });
}
