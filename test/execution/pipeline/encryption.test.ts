import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryption } from '../../../examples/encryption.ts';
import { MemoryObjectStore } from '../../../lib/adapters/memory/index.ts';
import { type LocalEngine, openLocalEngine } from '../../../lib/local/engine.ts';
import { HandlerTasks } from '../../../lib/local/handler-tasks.ts';
import { fixedHandlers, type Handler } from '../../../lib/local/handlers.ts';
import { workflowArn } from '../../../lib/model/arn.ts';
import type { Json } from '../../../lib/model/json.ts';
import { task } from '../harness.ts';

const OLD = ['a', randomBytes(32)] as const;
const NEW = ['b', randomBytes(32)] as const;
const CARD = '4111-1111-1111-1111';
const SECRET = 'the-result-that-nobody-may-see';

let dataDir: string;
let open: LocalEngine[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'knhk-encryption-'));
});

afterEach(async () => {
  for (const local of open) await local.close();
  open = [];
  await rm(dataDir, { recursive: true });
});

async function engineWith(keys: readonly (readonly [string, Buffer])[], handlers: Readonly<Record<string, Handler>>) {
  const local = await openLocalEngine({
    dataDir,
    functions: new HandlerTasks(fixedHandlers(handlers)),
    buckets: new MemoryObjectStore(),
    telemetry: { log: () => {} },
    stages: [encryption({ fields: ['/card/number', '/secret'], keys: new Map(keys) })],
  });
  open.push(local);
  return local;
}

async function close(local: LocalEngine): Promise<void> {
  open = open.filter((other) => other !== local);
  await local.close();
}

async function register({ workflows, place }: LocalEngine, definition: Json) {
  const at = Date.now();
  const workflow = {
    id: workflowArn(place, 'pay'),
    name: 'pay',
    type: 'STANDARD',
    roleArn: 'arn:aws:iam::000000000000:role/r',
    createdAt: at,
    revision: '1',
    revisedAt: at,
    settings: {},
  } as const;
  await workflows.create(workflow, JSON.stringify(definition));
  return workflow;
}

/** Every byte that the engine has written. */
function written(): string {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}

const pay = {
  StartAt: 'Charge',
  States: { Charge: task('charge', { Next: 'Book' }), Book: task('book') },
};

describe('encrypted fields', () => {
  it('reach tasks in clear text, and nothing that is written', async () => {
    const seen: Json[] = [];
    const handlers: Record<string, Handler> = {
      charge: (input: Json) => {
        seen.push(input);
        return { secret: SECRET, amount: 12 };
      },
      book: (input: Json) => {
        seen.push(input);
        return { secret: SECRET, plain: 'in-clear-text' };
      },
    };
    const local = await engineWith([NEW], handlers);
    const workflow = await register(local, pay);
    const input = { card: { number: CARD }, amount: 12 };
    const { execution } = await local.engine.start({ workflow, name: 'n', input }, { run: true });
    const state = await local.engine.closed(execution, 10_000);
    expect(state?.status).toBe('SUCCEEDED');
    expect(seen).toEqual([input, { secret: SECRET, amount: 12 }]);
    expect(state?.output).toMatchObject({ plain: 'in-clear-text', secret: expect.stringMatching(/^enc:1:b:/) });
    const commits = await local.states.events(execution);
    expect(JSON.stringify(commits)).toContain('enc:1:b:');
    expect(JSON.stringify(commits)).not.toMatch(new RegExp(`${CARD}|${SECRET}`));
    await close(local);
    const bytes = written();
    // The search would find it: what is not encrypted is there.
    expect(bytes).toContain('in-clear-text');
    for (const clear of [CARD, SECRET]) expect(bytes.includes(clear)).toBe(false);
  });

  it('are not quoted by the cause of a failure', async () => {
    const fail: Handler = ({ card }: { readonly card: { readonly number: string } }) => {
      throw new Error(`${card.number} is declined.`);
    };
    const local = await engineWith([NEW], { charge: fail });
    const workflow = await register(local, pay);
    const { execution } = await local.engine.start({ workflow, input: { card: { number: CARD } } }, { run: true });
    const state = await local.engine.closed(execution, 10_000);
    expect(state?.status).toBe('FAILED');
    expect(state?.failure?.cause).toMatch(/^enc:1:b:/);
    await close(local);
    expect(written().includes(CARD)).toBe(false);
  });

  it('are the same when a start is repeated, also with another key', async () => {
    const waiting = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };
    const start = { name: 'n', input: { card: { number: CARD } } };
    const before = await engineWith([OLD], {});
    const workflow = await register(before, waiting);
    const kinds = [];
    for (const input of [start.input, start.input, { card: { number: '4242' } }]) {
      kinds.push((await before.engine.start({ ...start, workflow, input }, { run: true })).kind);
    }
    expect(kinds).toEqual(['started', 'repeated', 'nameTaken']);
    await close(before);
    const rotated = await engineWith([NEW, OLD], {});
    expect((await rotated.engine.start({ ...start, workflow }, { run: true })).kind).toBe('repeated');
    await close(rotated);
    const lost = await engineWith([NEW], {});
    expect((await lost.engine.start({ ...start, workflow }, { run: true })).kind).toBe('nameTaken');
  });

  it('fail the task where the key is gone, and refuse ciphertext from outside', async () => {
    const local = await engineWith([NEW, OLD], { charge: () => ({}), book: () => ({}) });
    const workflow = await register(local, pay);
    const stolen = { card: { number: `enc:1:b:${randomBytes(40).toString('base64url')}` } };
    expect(await local.engine.start({ workflow, input: stolen }, { run: true })).toMatchObject({
      kind: 'refused',
      reason: 'startRefused',
    });
    const stage = encryption({ fields: ['/secret'], keys: new Map([OLD]) });
    const sealed = await stage.beforeStart?.({ execution: 'e', workflow: 'w', revision: '1', input: { secret: 1 } });
    const gone = encryption({ fields: ['/secret'], keys: new Map([NEW]) });
    const input = sealed !== undefined && 'input' in sealed ? sealed.input : null;
    expect(() => gone.comparable?.(input)).toThrow("the key 'a' is not there");
    expect(stage.comparable?.(input)).toEqual({ secret: 1 });
    const broken = JSON.parse(JSON.stringify(input).replace(/.{4}"\}$/, 'AAAA"}'));
    expect(() => stage.comparable?.(broken)).toThrow();
  });
});
