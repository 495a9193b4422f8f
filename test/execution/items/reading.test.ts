import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../lib/adapters/system/index.ts';
import { type ItemStorageLimits, ObjectItemStorage } from '../../../lib/execution/items/object-item-storage.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { ItemSource } from '../../../lib/model/plan.ts';

const GET = 'arn:aws:states:::s3:getObject';
const LIST = 'arn:aws:states:::s3:listObjectsV2';
const MEBIBYTE = 1024 * 1024;

let root: string;
let store: FolderObjectStore;
let files = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'knhk-items-'));
  await mkdir(join(root, 'in'));
  store = new FolderObjectStore(root);
});
afterAll(() => rm(root, { recursive: true }));

async function read(source: Partial<ItemSource>, limits: Partial<ItemStorageLimits> = {}) {
  const whole = { resource: GET, arguments: {}, ...source };
  return new ObjectItemStorage(store, limits).readItems(whole, new AbortController().signal);
}

/** Reads a file with this content. */
async function readFile(
  content: string | Uint8Array,
  source: Partial<ItemSource>,
  limits?: Partial<ItemStorageLimits>,
) {
  files += 1;
  const key = `file-${files}`;
  await store.put({ bucket: 'in', key }, content);
  return read({ arguments: { Bucket: 'in', Key: key }, ...source }, limits);
}

async function itemsOf(content: string | Uint8Array, source: Partial<ItemSource>): Promise<Json> {
  const outcome = await readFile(content, source);
  if (outcome.kind === 'failed') throw new Error(outcome.cause);
  return outcome.items;
}

async function causeOf(content: string | Uint8Array, source: Partial<ItemSource>, limits?: Partial<ItemStorageLimits>) {
  const outcome = await readFile(content, source, limits);
  return outcome.kind === 'failed' ? `${outcome.error}: ${outcome.cause}` : 'read';
}

describe('JSON', () => {
  const json = { inputType: 'JSON' } as const;

  it('is an array, or an object whose entries are the items', async () => {
    expect(await itemsOf('[1, {"a": null}]', json)).toEqual([1, { a: null }]);
    expect(await itemsOf('\uFEFF{"a": 1, "b": 2, "c": 3}', { ...json, maxItems: 2 })).toEqual({ a: 1, b: 2 });
    expect(await itemsOf('[]', json)).toEqual([]);
  });

  it('may be part of a document', async () => {
    const document = JSON.stringify({ 'a/b': [{ '~': [7, 8] }], n: 1 });
    expect(await itemsOf(document, { ...json, itemsPointer: '/a~1b/0/~0' })).toEqual([7, 8]);
    expect(await itemsOf('[1]', { ...json, itemsPointer: '' })).toEqual([1]);
    const cause =
      'States.ItemReaderFailed: The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.';
    for (const itemsPointer of ['/x', '/a~1b/1', '/a~1b/00', 'n', '/n/0', '/toString']) {
      expect(await causeOf(document, { ...json, itemsPointer })).toBe(cause);
    }
  });

  it('is neither a scalar nor anything else', async () => {
    expect(await causeOf('1', json)).toBe('States.ItemReaderFailed: Attempting to map over non-iterable node.');
    expect(await causeOf('[1', json)).toMatch(/^States.ItemReaderFailed: The file is no JSON: /);
  });
});

describe('limits', () => {
  it('of the definition', async () => {
    const json = { inputType: 'JSON' } as const;
    expect(await itemsOf('[1,2,3]', { ...json, maxItems: 2 })).toEqual([1, 2]);
    expect(await itemsOf('[1,2,3]', { ...json, maxItems: 0 })).toEqual([1, 2, 3]);
    expect(await causeOf('[1]', { ...json, maxItems: -1 })).toBe(
      'States.ItemReaderFailed: field MaxItems must be positive',
    );
  });

  it('of what is in memory at once, with what to do about it', async () => {
    const lines = '1\n'.repeat(11);
    const few = { items: 10 };
    expect(await causeOf(lines, { inputType: 'JSONL' }, few)).toMatch(/more than 10 items.*Set MaxItems/);
    expect(await causeOf(lines, { inputType: 'JSONL', maxItems: 10 }, few)).toBe('read');
    expect(await causeOf(lines, { inputType: 'JSONL' }, { bytes: 21 })).toMatch(/More than 21 bytes.*Split the source/);
    const bomb = gzipSync(Buffer.alloc(8 * MEBIBYTE, '1'));
    expect(await causeOf(bomb, { inputType: 'JSONL' }, { bytes: MEBIBYTE })).toMatch(/More than 1048576 bytes/);
  });
});

describe('JSON Lines, CSV and Parquet', () => {
  it('have an item a line', async () => {
    expect(await itemsOf('{"a":1}\r\n\n"x"\n', { inputType: 'JSONL' })).toEqual([{ a: 1 }, 'x']);
    expect(await causeOf('1\n\n{', { inputType: 'JSONL' })).toMatch(/Line 3 of the file is no JSON/);
  });

  it('have an item a row', async () => {
    const csv = { inputType: 'CSV', csv: { delimiter: ';', headers: ['a', 'b'] } } as const;
    expect(await itemsOf('1;2\n3;4\n', { ...csv, maxItems: 1 })).toEqual([{ a: '1', b: '2' }]);
    expect(await itemsOf('\uFEFFa,b\n1,2\n', { inputType: 'CSV' })).toEqual([{ a: '1', b: '2' }]);
  });

  it('may be compressed', async () => {
    const text = 'a,b\n1,2\n';
    expect(await itemsOf(gzipSync(text), { inputType: 'CSV' })).toEqual([{ a: '1', b: '2' }]);
    expect(await itemsOf(zstdCompressSync(text), { inputType: 'CSV' })).toEqual([{ a: '1', b: '2' }]);
    expect(await causeOf(gzipSync(text).subarray(0, 12), { inputType: 'CSV' })).toMatch(/compressed, and damaged/);
  });

  it('have an item a row of typed columns', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'name', data: ['x', 'y', 'z'], type: 'STRING' },
        { name: 'small', data: [1, 2, 3], type: 'INT32' },
        { name: 'large', data: [5n, 9_007_199_254_740_993n, -9_007_199_254_740_991n], type: 'INT64' },
        { name: 'maybe', data: [true, undefined, false], type: 'BOOLEAN', nullable: true },
        { name: 'at', data: [new Date(0), new Date(1000), new Date(2000)], type: 'TIMESTAMP' },
      ],
    });
    const source = { inputType: 'PARQUET' } as const;
    const rows = [
      { name: 'x', small: 1, large: 5, maybe: true, at: '1970-01-01T00:00:00.000Z' },
      { name: 'y', small: 2, large: '9007199254740993', maybe: null, at: '1970-01-01T00:00:01.000Z' },
      { name: 'z', small: 3, large: -9_007_199_254_740_991, maybe: false, at: '1970-01-01T00:00:02.000Z' },
    ];
    expect(await itemsOf(new Uint8Array(buffer), source)).toEqual(rows);
    expect(await itemsOf(new Uint8Array(buffer), { ...source, maxItems: 1 })).toEqual(rows.slice(0, 1));
    expect(await causeOf('no parquet at all', source)).toMatch(/no Parquet that can be read/);
  });
});

describe('manifests', () => {
  it('of an S3 inventory name the files and the columns', async () => {
    const manifest = {
      sourceBucket: 'watched',
      destinationBucket: 'arn:aws:s3:::in',
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, Size',
      files: [{ key: 'inventory/1.csv.gz' }, { key: 'inventory/2.csv.gz' }],
    };
    await store.put(
      { bucket: 'in', key: 'inventory/1.csv.gz' },
      gzipSync('"watched","a%20b","1"\n"watched","c","2"\n'),
    );
    await store.put({ bucket: 'in', key: 'inventory/2.csv.gz' }, gzipSync('"watched","d","3"\n'));
    const rows = [
      { Bucket: 'watched', Key: 'a%20b', Size: '1' },
      { Bucket: 'watched', Key: 'c', Size: '2' },
      { Bucket: 'watched', Key: 'd', Size: '3' },
    ];
    const text = JSON.stringify(manifest);
    expect(await itemsOf(text, { inputType: 'MANIFEST' })).toEqual(rows);
    expect(await readFile(text, { manifestType: 'S3_INVENTORY' })).toMatchObject({
      items: rows,
      origins: [
        { uri: 'S3://in/inventory/1.csv.gz', count: 2 },
        { uri: 'S3://in/inventory/2.csv.gz', count: 1 },
      ],
    });
    expect(await itemsOf(text, { inputType: 'MANIFEST', maxItems: 1 })).toEqual(rows.slice(0, 1));
    const orc = JSON.stringify({ ...manifest, fileFormat: 'ORC' });
    expect(await causeOf(orc, { inputType: 'MANIFEST' })).toMatch(/format "ORC"; let S3 write it as CSV/);
    expect(await causeOf('[]', { inputType: 'MANIFEST' })).toMatch(/no manifest.json of an S3 inventory/);
  });

  it('of Athena name the files', async () => {
    await store.put({ bucket: 'in', key: 'unload/1' }, '{"n":1}\n{"n":2}\n');
    await store.put({ bucket: 'in', key: 'unload/2' }, '{"n":3}\n');
    const athena = { manifestType: 'ATHENA_DATA', inputType: 'JSONL' } as const;
    const manifest = 's3://in/unload/1\ns3://in/unload/2\n';
    expect(await itemsOf(manifest, athena)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await causeOf('in/unload/1\n', athena)).toMatch(/no URI such as s3:\/\/bucket\/key: in\/unload\/1/);
    expect(await causeOf('s3://in/unload/9\n', athena)).toMatch(/NoSuchKey/);
  });
});

describe('a list of objects', () => {
  const under = (prefix: string) => ({ resource: LIST, arguments: { Bucket: 'in', Prefix: prefix } });

  it('has an item for each object, as Step Functions writes it', async () => {
    await store.put({ bucket: 'in', key: 'list/b.json' }, '[1]');
    await store.put({ bucket: 'in', key: 'list/a.json' }, '[22]');
    const seconds = Math.floor(Date.now() / 1000);
    const outcome = await read(under('list/'));
    expect(outcome).toMatchObject({
      kind: 'read',
      items: [
        { Key: 'list/a.json', Size: 4, StorageClass: 'STANDARD', Etag: expect.stringMatching(/^".*"$/) },
        { Key: 'list/b.json', Size: 3 },
      ],
      origins: [{ uri: 'S3://in', count: 2 }],
    });
    const [first] = outcome.kind === 'read' ? Object.values(outcome.items) : [];
    expect(Math.abs(Number(Object(first).LastModified) - seconds)).toBeLessThanOrEqual(2);
    expect(await read({ ...under('list/'), maxItems: 1 })).toMatchObject({ items: [{ Key: 'list/a.json' }] });
    expect(await read(under('nothing/'))).toMatchObject({ kind: 'read', items: [] });
  });

  it('may be read and flattened', async () => {
    for (let i = 0; i < 40; i += 1) {
      await store.put({ bucket: 'in', key: `flat/${String(i).padStart(2, '0')}.json` }, JSON.stringify([i, 100 + i]));
    }
    await store.put({ bucket: 'in', key: 'flat/99.json' }, '{"one": "item"}');
    const flat = { ...under('flat/'), transformation: 'LOAD_AND_FLATTEN', inputType: 'JSON' } as const;
    const all = [...Array.from({ length: 40 }, (_, i) => [i, 100 + i]).flat(), { one: 'item' }];
    const outcome = await read(flat);
    expect(outcome).toMatchObject({ kind: 'read', items: all });
    expect(outcome.kind === 'read' && outcome.origins.at(-1)).toEqual({ uri: 'S3://in/flat/99.json', count: 1 });
    expect(await read({ ...flat, maxItems: 3 })).toMatchObject({ items: [0, 100, 1] });
    await store.put({ bucket: 'in', key: 'flat/01.json' }, 'oops');
    expect(await read(flat)).toMatchObject({
      kind: 'failed',
      cause: expect.stringMatching(/^S3:\/\/in\/flat\/01.json: /),
    });
  });
});

describe('what cannot be read', () => {
  it.each<[string, Partial<ItemSource>, RegExp]>([
    ['no key', { arguments: { Bucket: 'in' } }, /^The field 'Key' of the ItemReader must be a text, but is undefined/],
    ['no such object', { arguments: { Bucket: 'in', Key: 'none' } }, /^NoSuchKey: /],
    ['no such bucket', { arguments: { Bucket: 'none', Key: 'none' } }, /^NoSuchBucket: /],
    ['another action', { resource: 'arn:aws:states:::s3:putObject' }, /use s3:getObject or s3:listObjectsV2/],
  ])('%s', async (_, source, cause) => {
    expect(await read({ inputType: 'JSON', ...source })).toEqual({
      kind: 'failed',
      error: 'States.ItemReaderFailed',
      cause: expect.stringMatching(cause),
    });
  });

  it('stops when it is told to', async () => {
    const source: ItemSource = { resource: LIST, arguments: { Bucket: 'in' } };
    const reading = new ObjectItemStorage(store).readItems(source, AbortSignal.abort(new Error('stopped')));
    await expect(reading).rejects.toThrow('stopped');
  });
});
