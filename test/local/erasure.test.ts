import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bundleOf, checkBundle } from '../../lib/provenance/bundle.ts';
import { receipt as receiptSchema } from '../../lib/provenance/receipt-schema.ts';
import { GuardedServer } from '../api/auth/guarded-server.ts';

const SECRET = 'Rosalind Franklin, 25 July 1920';
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Note',
  States: {
    Note: { Type: 'Pass', Assign: { person: '{% $states.input.person %}' }, Next: 'Review' },
    Review: {
      Type: 'Task',
      Resource: 'arn:aws:states:::knhk:workItem',
      Arguments: { Payload: { person: '{% $person %}' } },
      Output: { of: '{% $person %}', by: '{% $states.result.by %}' },
      End: true,
    },
  },
};
const PATH = '/v1/workflows/person/executions/p';

async function reviewed(server: GuardedServer): Promise<void> {
  await server.own('PUT', '/v1/workflows/person', { definition });
  await server.own('POST', '/v1/workflows/person/executions', {
    ...{ name: 'p', input: { person: SECRET } },
    ...{ businessKey: SECRET, tags: [SECRET], attributes: { person: SECRET } },
  });
  const found = await server.own('GET', `/v1/executions?businessKey=${encodeURIComponent(SECRET)}`);
  expect(found.body.items).toHaveLength(1);
  const id = await vi.waitFor(async () => {
    const { items } = (await server.own('GET', `${PATH}/work-items`)).body;
    return items[0]?.id ?? expect.fail('There is no work item yet.');
  });
  expect((await server.own('DELETE', `${PATH}/payloads`)).body).toMatchObject({
    status: 409,
    code: 'Knhk.ExecutionOpen',
  });
  await server.own('POST', `/v1/work-items/${id}/complete`, { output: { by: 'Maurice Wilkins' }, worker: 'anna' });
  expect((await server.own('GET', `${PATH}?wait=10`)).body.status).toBe('SUCCEEDED');
}

describe('Erased payloads', () => {
  test('are nowhere any more, and the rest still proves how it went', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    await reviewed(server);
    await server.own('POST', '/v1/ledger/seal');
    const before = (await server.own('GET', `${PATH}/receipt`)).body;
    for (let twice = 0; twice < 2; twice += 1) {
      expect((await server.own('DELETE', `${PATH}/payloads`)).status).toBe(204);
    }
    for (const path of ['', '/history', '/open', '/work-items']) {
      const answer = await server.own('GET', `${PATH}${path}`);
      expect(answer, path).toMatchObject({ status: 410, body: { code: 'Knhk.ExecutionErased' } });
    }
    expect((await server.own('POST', `${PATH}/redrive`, {})).status).toBe(410);
    const again = await server.own('POST', '/v1/workflows/person/executions', { name: 'p', input: { person: SECRET } });
    expect(again).toMatchObject({ status: 409, body: { code: 'Knhk.ExecutionExists' } });
    const listed = (await server.own('GET', '/v1/executions')).body.items;
    expect(listed).toMatchObject([{ id: 'p', status: 'SUCCEEDED' }]);
    expect(JSON.stringify(listed)).not.toContain('Rosalind');
    expect((await server.own('GET', `/v1/executions?tag=${encodeURIComponent(SECRET)}`)).body.items).toEqual([]);
    await server.own('POST', '/v1/executions/rebuild', {});
    expect((await server.own('GET', `/v1/executions?tag=${encodeURIComponent(SECRET)}`)).body.items).toEqual([]);
    const { items } = (await server.own('GET', `${PATH}/commits`)).body;
    expect(JSON.stringify(items)).not.toMatch(/Rosalind|Wilkins|anna/);
    expect(items.at(-1).events).toMatchObject([{ type: 'PayloadsErased' }]);
    await server.own('POST', '/v1/ledger/seal');
    const { publicKey } = (await server.own('GET', '/v1/ledger')).body;
    const after = (await server.own('GET', `${PATH}/receipt`)).body;
    expect(after.closing.commits).toBe(before.closing.commits + 1);
    for (const receipt of [before, after]) {
      async function* commits() {
        yield* items;
      }
      const lines = bundleOf(receipt.closing.execution, commits(), receiptSchema.parse(receipt));
      const checked = [];
      for await (const one of checkBundle(lines, publicKey)) checked.push(one);
      expect(checked).toMatchObject([{ faults: [], commits: items.length }]);
      expect(checked[0]?.erased).toBeGreaterThan(0);
    }
  });

  test.each([
    ['are not in the files either', true],
    ['would be there otherwise', false],
  ])('%s', async (_, isErased) => {
    const server = await GuardedServer.start(onTestFinished);
    await reviewed(server);
    if (isErased) await server.own('DELETE', `${PATH}/payloads`);
    expect(await isInFiles(server.dataDir)).toBe(!isErased);
    await server.stop();
    expect(await isInFiles(server.dataDir)).toBe(!isErased);
  });
});

async function isInFiles(folder: string): Promise<boolean> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('knhk.db'));
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return contents.some((content) => content.includes('Rosalind'));
}
