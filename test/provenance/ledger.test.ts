import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { openSqlite, type SqliteStores } from '../../lib/adapters/sqlite/index.ts';
import { SigningKeyFile } from '../../lib/adapters/system/index.ts';
import type { Json } from '../../lib/model/json.ts';
import { CLOSINGS, type Closing } from '../../lib/ports/closings.ts';
import type { KeyValueStore } from '../../lib/ports/key-value-store.ts';
import { Ledger } from '../../lib/provenance/ledger.ts';
import { faultInExtension, faultInReceipt, type Receipt } from '../../lib/provenance/receipt.ts';

let folder = '';
let sqlite: SqliteStores;
let signer: SigningKeyFile;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knhk-ledger-'));
  sqlite = await openSqlite(folder);
  signer = new SigningKeyFile(join(folder, 'ledger.key'));
});
afterAll(async () => {
  await sqlite.close();
  rmSync(folder, { recursive: true });
});

const arn = (n: number) => `arn:aws:states:eu-central-1:123456789012:execution:order:A-${n}`;
const closing = (n: number): Closing => ({
  execution: arn(n),
  status: 'SUCCEEDED',
  closedAt: 1_000 + n,
  commits: n + 1,
  hash: `hash-${n}`,
});

const clock = new SimulatedClock();
const ledgerOn = (store: KeyValueStore, seed = 1) => new Ledger({ store, signer, clock, ids: new SeededIds(seed) });

async function close(store: KeyValueStore, ...numbers: number[]): Promise<void> {
  for (const n of numbers) await store.put(CLOSINGS, arn(n), [{ ...closing(n) }] satisfies Json, 'any');
}

async function waiting(store: KeyValueStore): Promise<number> {
  return (await store.list(CLOSINGS, { limit: 1_000 })).items.length;
}

async function proven(ledger: Ledger, n: number): Promise<Receipt> {
  const receipt = (await ledger.receipt(arn(n), closing(n).closedAt)) ?? expect.fail(`There is no receipt for ${n}.`);
  expect(faultInReceipt(receipt, await ledger.publicKey())).toBeUndefined();
  expect(receipt.closing).toEqual(closing(n));
  return receipt;
}

describe('The ledger', () => {
  test('gives receipts for what has closed, in whichever period', async () => {
    const ledger = ledgerOn(sqlite.keyValues);
    expect(await ledger.seal()).toBe(0);
    expect(await ledger.head()).toBeUndefined();
    await close(sqlite.keyValues, 1, 2, 3);
    expect(await ledger.receipt(arn(1), closing(1).closedAt)).toBeUndefined();
    expect(await ledger.seal()).toBe(3);
    expect(await waiting(sqlite.keyValues)).toBe(0);
    const early = await ledger.head();
    await close(sqlite.keyValues, 4);
    expect(await ledger.seal()).toBe(1);
    await close(sqlite.keyValues, ...Array.from({ length: 700 }, (_, i) => 10 + i));
    expect(await ledger.seal()).toBe(700);
    expect(await ledger.seal()).toBe(0);
    for (const n of [1, 3, 4, 10, 709]) await proven(ledger, n);
    expect(await ledger.head()).toMatchObject({ periods: 3, ledger: early?.ledger });
    expect(await ledger.receipt(arn(5), closing(5).closedAt)).toBeUndefined();
  });

  test('proves that it goes on from each earlier head', async () => {
    const ledger = ledgerOn(sqlite.keyValues);
    const key = await ledger.publicKey();
    for (const periods of [1, 2, 3]) {
      const extension = (await ledger.extension(periods)) ?? expect.fail();
      expect(extension.to).toEqual(await ledger.head());
      expect(faultInExtension(extension, key)).toBeUndefined();
      const { from } = extension;
      const other = {
        ...extension,
        from: { ...from, root: extension.to.root === from.root ? 'x' : extension.to.root },
      };
      expect(faultInExtension(other, key)).toMatch(/does not go on from|is not what the key/);
    }
    expect(await ledger.extension(4)).toBeUndefined();
  });

  test('gives receipts in which nothing can be changed', async () => {
    const ledger = ledgerOn(sqlite.keyValues);
    const key = await ledger.publicKey();
    const receipt = await proven(ledger, 4);
    const { closing: told, period, head } = receipt;
    const changed: readonly Receipt[] = [
      { ...receipt, closing: { ...told, status: 'FAILED' } },
      { ...receipt, closing: { ...told, hash: 'other' } },
      { ...receipt, index: 1 },
      { ...receipt, period: { ...period, root: head.root } },
      { ...receipt, period: { ...period, number: 0 } },
      { ...receipt, head: { ...head, at: head.at + 1 } },
      { ...receipt, head: { ...head, root: period.root } },
      { ...receipt, head: { ...head, periods: 4 } },
    ];
    for (const other of changed) expect(faultInReceipt(other, key)).toBeDefined();
    const stranger = new SigningKeyFile(join(folder, 'other.key'));
    expect(faultInReceipt(receipt, await stranger.publicKey())).toContain('is signed by the key');
  });

  test('takes the end of an execution again when that was redriven', async () => {
    const store = new MemoryKeyValueStore();
    const ledger = ledgerOn(store);
    await close(store, 1);
    await ledger.seal();
    const again = { ...closing(1), closedAt: 9_000, commits: 8, hash: 'later' };
    await store.put(CLOSINGS, arn(1), [again], 'any');
    await ledger.seal();
    await proven(ledger, 1);
    expect((await ledger.receipt(arn(1), 9_000))?.closing).toEqual(again);
  });

  test('has each closing once, wherever its process dies, and whoever goes on', async () => {
    for (let writes = 0; writes < 12; writes += 1) {
      const store = new MemoryKeyValueStore();
      await close(store, 1, 2);
      await ledgerOn(store).seal();
      await close(store, 3, 4);
      await ledgerOn(dyingAfter(writes, store))
        .seal()
        .catch(() => {});
      await close(store, 5);
      const ledger = ledgerOn(store);
      await ledger.seal();
      for (const n of [1, 2, 3, 4, 5]) await proven(ledger, n);
      expect(await waiting(store)).toBe(0);
      expect(await closingsIn(store)).toEqual([1, 2, 3, 4, 5].map(arn));
    }
  });

  test('is sealed by several processes at once without disturbance', async () => {
    const store = new MemoryKeyValueStore();
    const ledgers = [1, 2, 3].map((seed) => ledgerOn(store, seed));
    for (let round = 0; round < 10; round += 1) {
      await close(store, round * 2, round * 2 + 1);
      await Promise.all(ledgers.map((ledger) => ledger.seal()));
    }
    const ledger = ledgerOn(store);
    await ledger.seal();
    for (let n = 0; n < 20; n += 1) await proven(ledger, n);
    expect(await waiting(store)).toBe(0);
    const last = (await ledger.head())?.periods ?? 0;
    for (let periods = 1; periods <= last; periods += 1) {
      const extension = (await ledger.extension(periods)) ?? expect.fail();
      expect(faultInExtension(extension, await ledger.publicKey())).toBeUndefined();
    }
  });
});

/** Of all periods, in order. */
async function closingsIn(store: KeyValueStore): Promise<readonly string[]> {
  const roots = (await store.list('ledger-periods', { limit: 1_000 })).items.map(
    ({ value }) => (value as { root: string }).root,
  );
  const chunks = (await store.list('ledger-entries', { limit: 1_000 })).items;
  return chunks
    .filter(({ key }) => roots.some((root) => key.includes(root)))
    .flatMap(({ value }) => value as unknown as Closing[])
    .map(({ execution }) => execution)
    .sort();
}

/** The store of a process that dies before its next write after so many. */
function dyingAfter(writes: number, store: KeyValueStore): KeyValueStore {
  let left = writes;
  const write = <T>(act: () => Promise<T>): Promise<T> => {
    left -= 1;
    return left < 0 ? Promise.reject(new Error('died')) : act();
  };
  return {
    get: (collection, key) => store.get(collection, key),
    list: (collection, query) => store.list(collection, query),
    put: (...record) => write(() => store.put(...record)),
    delete: (...record) => write(() => store.delete(...record)),
  };
}
