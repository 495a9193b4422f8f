import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../lib/adapters/system/index.ts';
import { ObjectItemStorage } from '../../../lib/execution/items/object-item-storage.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { ResultTarget } from '../../../lib/model/plan.ts';
import type { ChildResult, MapRunResults } from '../../../lib/ports/item-storage.ts';

let root: string;
let store: FolderObjectStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'knhk-results-'));
  await mkdir(join(root, 'out'));
  store = new FolderObjectStore(root);
});
afterAll(() => rm(root, { recursive: true }));

const workflow = 'arn:aws:states:us-east-1:000000000000:stateMachine:orders/Map';
const mapRun = 'arn:aws:states:us-east-1:000000000000:mapRun:orders/Map:r-1';

function child(name: string, fields: Partial<ChildResult>): ChildResult {
  return {
    execution: `arn:aws:states:us-east-1:000000000000:execution:orders/Map:${name}`,
    workflow,
    name,
    status: 'SUCCEEDED',
    input: { of: name },
    startedAt: Date.UTC(2026, 0, 1),
    closedAt: Date.UTC(2026, 0, 1, 0, 0, 1, 5),
    redriveCount: 0,
    ...fields,
  };
}

const children = [
  child('a', { output: [1, 2] }),
  child('b', { status: 'FAILED', failure: { error: 'E', cause: 'because' } }),
  child('c', { output: { x: 3 } }),
  child('d', { status: 'TIMED_OUT', failure: { error: 'States.Timeout' } }),
];

function write(target: Partial<ResultTarget>, results: Partial<MapRunResults> = {}, fileBytes = 1_000_000) {
  const whole = { resource: 'arn:aws:states:::s3:putObject', transformation: 'NONE', outputType: 'JSON' } as const;
  return new ObjectItemStorage(store, { fileBytes }).writeResults(
    { ...whole, arguments: { Bucket: 'out' }, ...target },
    { mapRun, folder: 'r-1', children, ...results },
  );
}

async function textOf(key: string): Promise<string> {
  return new TextDecoder().decode(await store.get({ bucket: 'out', key }, 1_000_000));
}

async function jsonOf(key: string): Promise<Json> {
  return JSON.parse(await textOf(key));
}

describe('results in files', () => {
  it('stand by status under the prefix and the run, with a manifest', async () => {
    const outcome = await write({ arguments: { Bucket: 'out', Prefix: 'jobs/' } });
    const key = 'jobs/r-1/manifest.json';
    const output = { MapRunArn: mapRun, ResultWriterDetails: { Bucket: 'out', Key: key } };
    expect(outcome).toEqual({ kind: 'written', output });
    const sizes = await Promise.all(['FAILED', 'SUCCEEDED'].map((s) => textOf(`jobs/r-1/${s}_0.json`)));
    expect(await jsonOf(key)).toEqual({
      DestinationBucket: 'out',
      MapRunArn: mapRun,
      ResultFiles: {
        FAILED: [{ Key: 'jobs/r-1/FAILED_0.json', Size: sizes[0]?.length }],
        PENDING: [],
        SUCCEEDED: [{ Key: 'jobs/r-1/SUCCEEDED_0.json', Size: sizes[1]?.length }],
      },
    });
  });

  it('have what there is to know of a child', async () => {
    await write({});
    expect((await jsonOf('r-1/SUCCEEDED_0.json')) as Json[]).toEqual([
      {
        ExecutionArn: 'arn:aws:states:us-east-1:000000000000:execution:orders/Map:a',
        Input: '{"of":"a"}',
        InputDetails: { Included: true },
        Name: 'a',
        Output: '[1,2]',
        OutputDetails: { Included: true },
        RedriveCount: 0,
        RedriveStatus: 'NOT_REDRIVABLE',
        RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        StartDate: '2026-01-01T00:00:00.000Z',
        StateMachineArn: workflow,
        Status: 'SUCCEEDED',
        StopDate: '2026-01-01T00:00:01.005Z',
      },
      expect.objectContaining({ Name: 'c', Output: '{"x":3}' }),
    ]);
    expect(await jsonOf('r-1/FAILED_0.json')).toMatchObject([
      { Name: 'b', Status: 'FAILED', Error: 'E', Cause: 'because', RedriveStatus: 'REDRIVABLE_BY_MAP_RUN' },
      { Name: 'd', Status: 'TIMED_OUT', Error: 'States.Timeout' },
    ]);
  });

  it('may be outputs only, flattened, or lines; failures stay whole', async () => {
    await write({ transformation: 'COMPACT' });
    expect(await jsonOf('r-1/SUCCEEDED_0.json')).toEqual([[1, 2], { x: 3 }]);
    expect(await jsonOf('r-1/FAILED_0.json')).toMatchObject([{ Name: 'b' }, { Name: 'd' }]);
    await write({ transformation: 'FLATTEN', outputType: 'JSONL' });
    expect(await textOf('r-1/SUCCEEDED_0.json')).toBe('1\n2\n{"x":3}\n');
    expect((await textOf('r-1/FAILED_0.json')).match(/\n/g)).toHaveLength(2);
  });

  it('are split, and the same when they are written again', async () => {
    const many = Array.from({ length: 10 }, (_, i) => child(`c${i}`, { output: `é${i}` }));
    const pending = [{ execution: 'e', workflow, name: 'p', input: 1 }];
    const once = () => write({ transformation: 'COMPACT' }, { folder: 'r-2', children: many, pending }, 25);
    expect(await once()).toMatchObject({ kind: 'written' });
    const manifest = await textOf('r-2/manifest.json');
    expect(JSON.parse(manifest)).toMatchObject({
      ResultFiles: {
        FAILED: [],
        PENDING: [{ Key: 'r-2/PENDING_0.json' }],
        SUCCEEDED: [0, 1, 2].map((n) => ({ Key: `r-2/SUCCEEDED_${n}.json` })),
      },
    });
    const files = await Promise.all([0, 1, 2].map((n) => jsonOf(`r-2/SUCCEEDED_${n}.json`)));
    expect(files.flat()).toEqual(many.map(({ output }) => output));
    await once();
    expect(await textOf('r-2/manifest.json')).toBe(manifest);
    expect((await store.list({ bucket: 'out', prefix: 'r-2/' })).items).toHaveLength(5);
  });

  it('fail for a bucket that is not there, or not named', async () => {
    expect(await write({ arguments: { Bucket: 'none' } })).toMatchObject({
      kind: 'failed',
      error: 'States.ResultWriterFailed',
      cause: expect.stringMatching(/^NoSuchBucket: /),
    });
    expect(await write({ arguments: {} })).toMatchObject({ kind: 'failed', cause: expect.stringMatching(/'Bucket'/) });
  });
});

describe('results without a place', () => {
  it('are the output, in the form that is asked for', async () => {
    const inline = async (target: Partial<ResultTarget>) => {
      const storage = new ObjectItemStorage(store);
      const whole = { arguments: {}, transformation: 'COMPACT', outputType: 'JSON', ...target } as const;
      return storage.writeResults(whole, { mapRun, folder: 'r-3', children });
    };
    const failed = (name: string) =>
      expect.objectContaining({ Name: name, Status: expect.stringMatching(/FAILED|TIMED_OUT/) });
    expect(await inline({})).toEqual({ kind: 'written', output: [[1, 2], failed('b'), { x: 3 }, failed('d')] });
    expect(await inline({ transformation: 'FLATTEN' })).toEqual({
      kind: 'written',
      output: [1, 2, failed('b'), { x: 3 }, failed('d')],
    });
    expect(await inline({ transformation: 'NONE' })).toMatchObject({
      output: [{ Name: 'a', Output: '[1,2]' }, {}, {}, {}],
    });
    expect(await inline({ outputType: 'JSONL' })).toMatchObject({ output: expect.stringMatching(/^\[1,2\]\n\{/) });
  });
});
