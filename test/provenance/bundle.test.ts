import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { SigningKeyFile } from '../../lib/adapters/system/index.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import { CLOSINGS } from '../../lib/ports/closings.ts';
import { bundleOf, type CheckedExecution, checkBundle } from '../../lib/provenance/bundle.ts';
import type { SealedCommit } from '../../lib/provenance/commit-hash.ts';
import { Ledger } from '../../lib/provenance/ledger.ts';
import { decodeCommit, encodeCommit, erased } from '../../lib/state/commit.ts';

const execution = 'arn:aws:states:eu-central-1:123456789012:execution:order:A-1';
const COMMITS = 5;

function log(): SealedCommit[] {
  const ids = new SeededIds(3);
  let previous: string | undefined;
  return Array.from({ length: COMMITS }, (_, number) => {
    const events: ExecutionEvent[] = [
      { type: 'TaskSucceeded', id: number, output: { name: 'Anna', sum: number }, at: number },
      { type: 'StateExited', id: number, next: [], at: number },
    ];
    const snapshot = number === 2 ? '{"state":"of 2"}' : undefined;
    const { body, hash } = encodeCommit(
      { execution, number, events, text: JSON.stringify(events), snapshot, previous },
      ids,
    );
    previous = hash;
    return decodeCommit({ execution, number, body });
  });
}

let folder = '';
let key = '';
let otherKey = '';
let lines: readonly string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knhk-bundle-'));
  const signer = new SigningKeyFile(join(folder, 'ledger.key'));
  key = await signer.publicKey();
  otherKey = await new SigningKeyFile(join(folder, 'other.key')).publicKey();
  lines = await bundled(signer, log());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Of an execution that has been taken into a ledger. */
async function bundled(signer: SigningKeyFile, commits: readonly SealedCommit[]): Promise<readonly string[]> {
  const store = new MemoryKeyValueStore();
  const ledger = new Ledger({ store, signer, clock: new SimulatedClock(), ids: new SeededIds(1) });
  const hash = commits.at(-1)?.hash ?? expect.fail();
  await store.put(
    CLOSINGS,
    execution,
    [{ execution, status: 'SUCCEEDED', closedAt: 9, commits: commits.length, hash }],
    0,
  );
  await ledger.seal();
  const receipt = await ledger.receipt(execution, 9);
  return all(bundleOf(execution, from(commits), receipt));
}

async function* from<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

function check(some: readonly string[], by = key): Promise<CheckedExecution[]> {
  return all(checkBundle(from(some), by));
}

const faultsOf = async (some: readonly string[]) => (await check(some)).flatMap(({ faults }) => faults).join(' ');

describe('A bundle', () => {
  test('proves the whole log of an execution', async () => {
    expect(await check(lines)).toMatchObject([{ execution, commits: COMMITS, erased: 0, faults: [] }]);
    expect(await check([...lines, '', ...lines])).toHaveLength(2);
  });

  test('names what is missing, moved, added, cut off or written anew', async () => {
    const [head = '', ...rest] = lines;
    const commits = rest.slice(0, COMMITS);
    const receipt = rest.at(-1) ?? '';
    const of = (...order: number[]) => [head, ...order.map((number) => commits[number] ?? ''), receipt];
    expect(await faultsOf(of(0, 2, 3, 4))).toContain('Commit 1 is missing.');
    expect(await faultsOf(of(0, 4))).toContain('Commits 1 to 3 are missing.');
    expect(await faultsOf(of(0, 2, 1, 3, 4))).toContain('Commit 1 comes where commit 3 belongs.');
    expect(await faultsOf(of(0, 1, 1, 2, 3, 4))).toContain('Commit 1 comes where commit 2 belongs.');
    expect(await faultsOf(of(0, 1, 2, 3))).toBe('Commit 4 is missing.');
    expect(await faultsOf(of())).toBe('Commits 0 to 4 are missing.');
    const other = JSON.stringify({ ...JSON.parse(commits[3] ?? ''), events: [] });
    expect(await faultsOf([head, ...commits.with(3, other), receipt])).toContain('Commit 3 is not what was written');
    const { commit: _, ...forged } = JSON.parse(commits[4] ?? '');
    expect(
      await faultsOf([
        ...of(0, 1, 2, 3).slice(0, -1),
        JSON.stringify({ ...forged, commit: 4, hash: undefined }),
        receipt,
      ]),
    ).toContain('has no hash');
  });

  test('names what was added that no hash is of', async () => {
    const more = { payloads: 'A'.repeat(43), previous: 'A'.repeat(43), encrypted: 'AAAA' };
    for (const [name, value] of Object.entries(more)) {
      const added = JSON.stringify({ ...JSON.parse(lines[2] ?? ''), [name]: value });
      expect(await faultsOf(lines.with(2, added)), name).toBe(
        'Commit 1 says more than was written: something that no hash is of was added.',
      );
    }
    const receipt = JSON.parse(lines.at(-1) ?? '');
    receipt.receipt.closing.note = 'paid';
    await expect(check(lines.with(-1, JSON.stringify(receipt)))).rejects.toThrow('neither a head nor a commit');
    const noted = JSON.stringify({ ...JSON.parse(lines[2] ?? ''), note: 'paid' });
    await expect(check(lines.with(2, noted))).rejects.toThrow('Line 3 is neither');
  });

  test('is refused where readers could differ in what it says', async () => {
    for (const [from, to] of [
      ['{"name":', '{"name":"Berta","name":'],
      ['{"name":', '{"n\\u0061me":"Berta","name":'],
      ['{"commit":', '{"commit":7,"commit":'],
    ] as const) {
      const line = lines[2]?.replace(from, to) ?? '';
      expect(line).not.toBe(lines[2]);
      await expect(check(lines.with(2, line)), line).rejects.toThrow('members all have different names');
    }
  });

  test('says of commits without hashes that they prove nothing', async () => {
    const { hash: _, ...first } = JSON.parse(lines[1] ?? '');
    const found = 'Commit 0 has no hash: nothing tells whether it is what was written.';
    expect(await faultsOf([lines[0] ?? '', JSON.stringify(first)])).toBe(found);
    expect(await faultsOf([lines[0] ?? ''])).toBe('It has no commits.');
    await expect(check(['', ' '])).rejects.toThrow('The bundle is empty');
  });

  test('holds as a whole that somebody has written anew, but for the ledger', async () => {
    const forger = new SigningKeyFile(join(folder, 'forger.key'));
    const forged = log().map(({ hash: _, ...commit }) => commit);
    let previous: string | undefined;
    const anew = forged.map((commit) => {
      const text = JSON.stringify(commit.events).replaceAll('Anna', 'Berta');
      const events = JSON.parse(text) as ExecutionEvent[];
      const made = encodeCommit(
        { execution, number: commit.number, events, text, snapshot: undefined, previous },
        new SeededIds(8),
      );
      previous = made.hash;
      return decodeCommit({ execution, number: commit.number, body: made.body });
    });
    const receipt = lines.at(-1) ?? '';
    const withOldReceipt = [...(await all(bundleOf(execution, from(anew), undefined))).slice(0, -1), receipt];
    expect(await faultsOf(withOldReceipt)).toBe(
      'Commit 4 is not the one that the ledger has: what came up to it was written anew.',
    );
    expect(await faultsOf(await bundled(forger, anew))).toContain('is signed by the key');
    expect(await check(lines, otherKey)).toMatchObject([{ faults: [expect.stringContaining('is signed by the key')] }]);
  });

  test('holds without its payloads, and shows none', async () => {
    const signer = new SigningKeyFile(join(folder, 'ledger.key'));
    const without = await bundled(signer, log().map(erased));
    expect(without.join('\n')).not.toContain('Anna');
    expect(await check(without)).toMatchObject([{ erased: COMMITS, faults: [] }]);
  });

  test('is found out at any change of a character', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.constantFrom('0', 'x', '"', '}'), async (which, where, by) => {
        const at = which % lines.length;
        const line = lines[at] ?? '';
        const place = where % line.length;
        const changed = line.slice(0, place) + by + line.slice(place + 1);
        if (meaning(changed) === meaning(line)) return;
        const found = await check(lines.with(at, changed)).catch((error: Error) => error.name);
        if (typeof found === 'string') expect(found).toBe('InvalidBundle');
        else expect(found.some(({ faults }) => faults.length > 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['[]', 'Line 1'],
    ['{"bundle":2,"execution":"arn"}', 'format 2'],
    ['{"commit":0,"events":[]}', 'belongs to no execution'],
    ['{"receipt":{}}', 'Line 1 is neither'],
    ['nothing', 'not JSON'],
  ])('is refused where it is none: %s', async (line, message) => {
    await expect(check([line])).rejects.toThrow(message);
    await expect(check([line])).rejects.toMatchObject({ code: 'Knhk.InvalidBundle' });
  });
});

function meaning(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line));
  } catch {
    return line;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
