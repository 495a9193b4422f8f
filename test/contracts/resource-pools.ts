import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededIds, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import type { PermitRequest } from '../../lib/resources/pools/permit.ts';
import { ResourcePools } from '../../lib/resources/pools/resource-pools.ts';
import type { OpenedKeyValueStore } from './key-value-store.ts';

/** Resource pools on a store. @param written counts its write units so far, where it has such. */
export function describeResourcePools(
  name: string,
  open: () => Promise<OpenedKeyValueStore>,
  written?: () => number,
): void {
  describe(`Resource pools on ${name}`, () => {
    let opened: OpenedKeyValueStore;
    const clock = new SimulatedClock();
    const woken: string[] = [];
    let pools: ResourcePools;
    let tickets = 0;

    beforeAll(async () => {
      opened = await open();
      pools = process();
    });
    afterAll(() => opened.close());

    function process(): ResourcePools {
      return new ResourcePools({
        store: opened.store,
        clock,
        ids: new SeededIds(tickets),
        telemetry: { log: () => {} },
        wake: async (execution) => {
          woken.push(execution);
        },
        isWanted: async () => true,
      });
    }

    function request(pool: string, execution: string): PermitRequest {
      tickets += 1;
      const ticket = `${String(clock.now()).padStart(15, '0')}-${String(tickets).padStart(9, '0')}-abcdefg`;
      const arn = `arn:aws:states:eu-central-1:123456789012:execution:a-workflow-of-a-usual-name:${execution}`;
      return { execution: arn, activation: 1_234, attempt: 1, pools: [pool], ticket, state: 'A state of a usual name' };
    }

    const isGranted = async (asked: PermitRequest, by = pools) => (await by.acquire([asked])).length === 1;

    it('grants as many permits as the limit, and the next one to who has waited longest', async () => {
      await pools.setLimit('gpu', 2);
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((execution) => request('gpu', execution)) as [
        PermitRequest,
        PermitRequest,
        PermitRequest,
        PermitRequest,
      ];
      const other = process();
      expect([await isGranted(a), await isGranted(b, other), await isGranted(c), await isGranted(d, other)]).toEqual([
        ...[true, true],
        ...[false, false],
      ]);
      expect([await isGranted(a), await isGranted(a, other)]).toEqual([true, true]);
      await other.release(a, a.pools);
      expect(woken).toEqual([c.execution]);
      expect([await isGranted(d), await isGranted(c)]).toEqual([false, true]);
      await pools.release(d, d.pools);
      await pools.release(b, b.pools);
      await pools.release(c, c.pools);
      await pools.release(c, c.pools);
      expect(await pools.describe('gpu')).toMatchObject({ limit: 2, slots: [] });
      expect((await pools.waiting('gpu', 10)).items).toEqual([]);
    });

    it('knows the limits that were set elsewhere, and those who hold permits when a limit is lowered', async () => {
      const other = process();
      await pools.setLimit('disk', 2);
      expect(other.has('disk')).toBe(false);
      await other.refresh();
      expect(other.has('disk')).toBe(true);
      const [a, b, c] = ['a', 'b', 'c'].map((execution) => request('disk', execution)) as [
        PermitRequest,
        PermitRequest,
        PermitRequest,
      ];
      expect([await isGranted(a), await isGranted(b, other)]).toEqual([true, true]);
      await other.setLimit('disk', 1);
      expect(await isGranted(c)).toBe(false);
      await pools.release(a, a.pools);
      expect(await isGranted(c)).toBe(false);
      await pools.release(b, b.pools);
      expect(await isGranted(c)).toBe(true);
      await pools.removeLimit('disk');
      expect(await pools.settings('disk')).toBeUndefined();
      expect(await isGranted(request('disk', 'd'))).toBe(true);
    });

    it('grants none of several pools to who waits for another', async () => {
      await pools.setLimit('left', 1);
      await pools.setLimit('right', 1);
      const holder = request('right', 'holder');
      expect(await isGranted(holder)).toBe(true);
      const both = { ...request('left', 'both'), pools: ['left', 'right'] };
      expect(await isGranted(both)).toBe(false);
      // It holds the first one, and waits for the second.
      expect(await isGranted(request('left', 'third'))).toBe(false);
      await pools.release(holder, holder.pools);
      expect(await isGranted(both)).toBe(true);
      await pools.release(both, both.pools);
    });

    it.runIf(written !== undefined)(
      'writes twice for a permit that is there, and four times for one that is not',
      async () => {
        const count = written ?? (() => 0);
        await pools.setLimit('counted', 1);
        const [a, b] = ['a', 'b'].map((execution) => request('counted', execution)) as [PermitRequest, PermitRequest];
        const before = count();
        await isGranted(a);
        expect(count() - before).toBe(1);
        await isGranted(b);
        expect(count() - before).toBe(2);
        await pools.release(a, a.pools);
        await isGranted(b);
        expect(count() - before).toBe(4);
        await pools.release(b, b.pools);
        // Two for the permit of "a", whose return was that of "b" as well.
        expect(count() - before).toBe(5);
        const alone = request('counted', 'c');
        const start = count();
        await isGranted(alone);
        await pools.release(alone, alone.pools);
        expect(count() - start).toBe(2);
      },
    );
  });
}
