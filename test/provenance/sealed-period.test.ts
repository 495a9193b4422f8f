import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { SigningKeyFile } from '../../lib/adapters/system/index.ts';
import { CLOSINGS, type Closing } from '../../lib/ports/closings.ts';
import { InvalidBundle } from '../../lib/provenance/bundle.ts';
import { Ledger } from '../../lib/provenance/ledger.ts';
import { faultInReceipt } from '../../lib/provenance/receipt.ts';
import { linesOfPeriod, PeriodReceipts, readPeriods, type SealedPeriod } from '../../lib/provenance/sealed-period.ts';

const arnOf = (name: number) => `arn:aws:states:eu-central-1:123456789012:execution:w:${name}`;
const closing = (name: number, commits: number): Closing => ({
  execution: arnOf(name),
  status: 'SUCCEEDED',
  closedAt: 1_000 * commits + name,
  commits,
  hash: hash('sha256', `${name} ${commits}`, 'base64url'),
});
/** The first closes in each of them. */
const PERIODS = [
  [closing(0, 2), closing(1, 2), closing(2, 2)],
  [closing(0, 5)],
  [closing(0, 8), ...Array.from({ length: 20 }, (_, name) => closing(name + 3, 1))],
];

let folder = '';
let key = '';
let periods: readonly SealedPeriod[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knhk-period-'));
  const signer = new SigningKeyFile(join(folder, 'ledger.key'));
  key = await signer.publicKey();
  const store = new MemoryKeyValueStore();
  const ledger = new Ledger({ store, signer, clock: new SimulatedClock(), ids: new SeededIds(1) });
  for (const closings of PERIODS) {
    await store.put(
      CLOSINGS,
      'some',
      closings.map((one) => ({ ...one })),
      'any',
    );
    await ledger.seal();
  }
  const found: SealedPeriod[] = [];
  for await (const period of ledger.periods(0)) found.push(period);
  periods = found;
});
afterAll(() => rmSync(folder, { recursive: true }));

const linesOf = (some: readonly SealedPeriod[]) => some.flatMap((one) => [...linesOfPeriod(one)]);
async function* from(lines: readonly string[]) {
  yield* lines;
}
const receiptsIn = async (lines: readonly string[]) => new PeriodReceipts(await readPeriods(from(lines)));

describe('A period that is archived', () => {
  test('proves each of its closings without the ledger', async () => {
    expect(periods.map(({ closings }) => closings.length)).toEqual(PERIODS.map((closings) => closings.length));
    const receipts = await receiptsIn(linesOf(periods));
    for (const expected of PERIODS.flat()) {
      const receipt = receipts.find(expected.execution, expected.commits) ?? expect.fail();
      expect(receipt.closing).toEqual(expected);
      expect(faultInReceipt(receipt, key)).toBeUndefined();
    }
    expect(receipts.find(arnOf(99), 1)).toBeUndefined();
  });

  test('says of a log of another length how the execution closed last', async () => {
    const receipts = await receiptsIn(linesOf(periods));
    expect(receipts.find(arnOf(0), 6)?.closing.commits).toBe(8);
    expect((await receiptsIn(linesOf(periods.slice(0, 1)))).find(arnOf(0), 6)?.closing.commits).toBe(2);
  });

  test('proves nothing any more once a line is changed, missing, added or moved', async () => {
    const lines = linesOf(periods.slice(2));
    const whole = await receiptsIn(lines);
    expect(faultInReceipt(whole.find(arnOf(5), 1) ?? expect.fail(), key)).toBeUndefined();
    const [head = '', first = '', second = '', ...rest] = lines;
    const other = linesOf(periods.slice(0, 1))[0] ?? '';
    for (const changed of [
      [head, second, first, ...rest],
      [head, second, ...rest],
      [head, first, first, second, ...rest],
      [head, first.replace('SUCCEEDED', 'FAILED'), second, ...rest],
      [head.replace('"number":2', '"number":1'), first, second, ...rest],
      [other, first, second, ...rest],
    ]) {
      const receipt = (await receiptsIn(changed)).find(arnOf(5), 1) ?? expect.fail();
      expect(faultInReceipt(receipt, key)).toBeDefined();
    }
  });

  test.each(['no JSON', '{}', '{"closing":{}}', '{"ledger":2}', '{"bundle":1,"execution":"e"}'])(
    'has no line %s',
    async (line) => {
      await expect(receiptsIn([...linesOf(periods), line])).rejects.toThrow(InvalidBundle);
      await expect(receiptsIn([line])).rejects.toThrow(InvalidBundle);
    },
  );
});
