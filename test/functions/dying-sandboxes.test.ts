import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AwsClients } from '../../lib/adapters/aws/clients.ts';
import { DynamoEventStore } from '../../lib/adapters/aws/dynamo-event-store.ts';
import { DynamoTable } from '../../lib/adapters/aws/dynamo-table.ts';
import { ShortArns } from '../../lib/adapters/aws/keys.ts';
import { S3BlobStore } from '../../lib/adapters/aws/s3-blob-store.ts';
import { decodeLog } from '../../lib/state/commit.ts';
import { DYNAMO_EMULATORS, emulatedClients } from '../adapters/aws/emulators.ts';
import { Dice } from '../execution/simulation/dice.ts';
import { Cloud } from './cloud.ts';
import { SandboxDied, Sandboxes } from './sandboxes.ts';

/**
 * Lets the sandboxes of all three functions die at random requests to DynamoDB, SQS, S3 and Lambda, and compares what
 * the tasks' functions saw with what the engine recorded. More of it: `SEEDS=200 npx vitest run … dying-sandboxes`.
 */

const SEEDS = Number(process.env['SEEDS'] ?? 1);
const FIRST_SEED = Number(process.env['FROM'] ?? 1);
const EXECUTIONS = 3;
/** Of an invocation. */
const MORTALITY = 0.5;
const EXECUTORS = 2;
const BATCH = 2;
/** Lets leases, delays and the hiding of messages pass. */
const STEP_MS = 25_000;
const LONGEST_MS = 4 * 3_600_000;
const SEED_MS = 60_000;

const STATES = 'arn:aws:states:us-east-1:123456789012:';
const ITEMS = [1, 2, 3];

const add = (step: string, fields: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:lambda:us-east-1:123456789012:function:add',
  Arguments: {
    ...{ step, n: '{% $states.input.n %}', execution: '{% $states.context.Execution.Name %}' },
    retries: '{% $states.context.State.RetryCount %}',
  },
  Output: { n: '{% $states.result %}' },
  ...fields,
});

const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States: {
    First: add('First', { Next: 'Each' }),
    Each: {
      Type: 'Map',
      Items: `{% ${JSON.stringify(ITEMS)} %}`,
      ItemSelector: { n: '{% $states.input.n %}', item: '{% $states.context.Map.Item.Value %}' },
      ItemProcessor: {
        StartAt: 'Item',
        States: { Item: add("{% 'Item' & $states.input.item %}", { Output: '{% $states.result %}', End: true }) },
      },
      Output: { n: '{% $sum($states.result) %}' },
      Next: 'Later',
    },
    Later: add('Later', { Next: 'Pause', Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 5, MaxAttempts: 1 }] }),
    Pause: { Type: 'Wait', Seconds: 40, Next: 'Ask' },
    Ask: {
      ...add('Ask', { Next: 'Last' }),
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: 'add',
        Payload: {
          ...{ step: 'Ask', n: '{% $states.input.n %}', execution: '{% $states.context.Execution.Name %}' },
          token: '{% $states.context.Task.Token %}',
        },
      },
      Output: { n: '{% $states.input.n + $states.result %}' },
    },
    Last: add('Last', { End: true }),
  },
};
const STAGES = [['First'], ITEMS.map((item) => `Item${item}`), ['Later'], ['Ask'], ['Last']];
const ANSWER = 100;
const expectedOutput = (n: number) => ({ n: ITEMS.length * (n + 2) + 1 + ANSWER + 1 });

interface Call {
  readonly step: string;
  readonly n: number;
  readonly execution: string;
  readonly retries?: number;
  readonly token?: string;
  readonly key: string;
}

describe('sandboxes that die at any request', () => {
  let cloud: Cloud;
  let clients: AwsClients;
  let store: DynamoEventStore;
  const calls: Call[] = [];
  const told = new Set<string>();

  beforeAll(async () => {
    const [dynalite] = DYNAMO_EMULATORS;
    if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
    cloud = await Cloud.start(dynalite, {
      add: (payload, key) => {
        const call = { ...(payload as unknown as Call), key };
        calls.push(call);
        if (call.step === 'Later' && call.retries === 0) throw new Error('Not yet.');
        return call.n + 1;
      },
    });
    clients = emulatedClients({
      dynamodb: process.env['KNHK_DYNAMODB_ENDPOINT'] ?? '',
      s3: process.env['KNHK_S3_ENDPOINT'] ?? '',
    });
    const table = new DynamoTable({ name: 'events', client: () => clients.dynamo() });
    const blobs = new S3BlobStore({ client: () => clients.s3(), bucket: 'blobs' });
    store = new DynamoEventStore({ table, blobs, arns: new ShortArns(STATES) });
    cloud.batchSize = BATCH;
    expect((await cloud.request('PUT', '/v1/workflows/dying', { definition })).status).toBeLessThan(300);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now(), shouldAdvanceTime: true });
  });

  afterAll(async () => {
    vi.useRealTimers();
    clients.destroy();
    await cloud.stop();
  });

  /** As callers and services do whose request is not answered. */
  async function persist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof SandboxDied)) throw error;
      }
    }
  }

  async function once(ask: () => Promise<unknown>): Promise<void> {
    await ask().catch((error) => {
      if (!(error instanceof SandboxDied)) throw error;
    });
  }

  async function start(name: string, n: number): Promise<void> {
    const body = { name, input: { n } };
    const { status } = await persist(() => cloud.request('POST', '/v1/workflows/dying/executions', body));
    // It exists, if the request that was not answered has started it.
    expect([200, 201, 202, 409]).toContain(status);
  }

  async function answer(): Promise<void> {
    for (const { token } of [...calls]) {
      if (token === undefined || told.has(token)) continue;
      const path = `/v1/tasks/${encodeURIComponent(token)}/success`;
      const { status, body } = await persist(() => cloud.request('POST', path, { output: ANSWER }));
      expect(status < 300 || body.code === 'Knhk.TaskClosed', JSON.stringify(body)).toBe(true);
      told.add(token);
    }
  }

  /** One round of what AWS does all the time. */
  async function round(): Promise<void> {
    await Promise.all(Array.from({ length: EXECUTORS }, () => once(() => cloud.runQueue())));
    await cloud.runStream();
    await answer();
    vi.advanceTimersByTime(STEP_MS);
    await once(() => cloud.sweep());
  }

  async function run(seed: number): Promise<{ readonly names: readonly string[]; readonly sandboxes: Sandboxes }> {
    const names = Array.from({ length: EXECUTIONS }, (_, index) => `s${seed}-${index}`);
    const own = cloud.handlers;
    const sandboxes = new Sandboxes(new Dice(seed));
    sandboxes.mortality = MORTALITY;
    const { api, executor, projector } = sandboxes.handlers;
    // Records of a stream come until they have been taken.
    const takes: typeof projector = (event, context) =>
      'Records' in event ? persist(() => projector(event, context)) : projector(event, context);
    cloud.handlers = { api, executor, projector: takes };
    try {
      for (const [n, name] of names.entries()) await start(name, n);
      const end = Date.now() + LONGEST_MS;
      while (Date.now() < end) {
        await round();
        const states = await Promise.all(names.map((name) => statusOf(own, name)));
        if (!states.includes('RUNNING')) break;
      }
    } finally {
      cloud.handlers = own;
      await sandboxes.close();
    }
    await cloud.runStream();
    return { names, sandboxes };
  }

  async function statusOf(handlers: Cloud['handlers'], name: string): Promise<string> {
    const { handlers: now } = cloud;
    cloud.handlers = handlers;
    const asked = cloud.request('GET', `/v1/workflows/dying/executions/${name}`);
    cloud.handlers = now;
    return (await asked).body.status;
  }

  function compare(made: readonly Call[]): void {
    const stages = made.map(({ step }) => STAGES.findIndex((stage) => stage.includes(step)));
    expect(stages, 'stages in the order of their calls').toEqual(stages.toSorted());
    for (const step of STAGES.flat()) {
      const ofStep = made.filter((one) => one.step === step);
      expect(ofStep.length, `calls of ${step}`).toBeGreaterThan(0);
      expect(new Set(ofStep.map(({ key }) => key)).size, `idempotency keys of ${step}`).toBe(1);
      const retries = ofStep.map((one) => one.retries ?? 0);
      expect(retries, `attempts of ${step}`).toEqual(retries.toSorted());
    }
  }

  it(
    'end with every execution done: effects at least once with the same key, completed steps never again',
    async () => {
      let died = 0;
      let invocations = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
        const { names, sandboxes } = await run(seed);
        died += sandboxes.died;
        invocations += sandboxes.invocations;
        for (const [n, name] of names.entries()) {
          const { body } = await cloud.request('GET', `/v1/workflows/dying/executions/${name}`);
          expect(body, `seed ${seed}`).toMatchObject({ status: 'SUCCEEDED', output: expectedOutput(n) });
          const log = decodeLog(await store.read(`${STATES}execution:dying:${name}`, 0, 1_000));
          const ended = log.flatMap(({ events }) => events).flatMap((e) => (e.type === 'TaskSucceeded' ? [e.id] : []));
          expect(ended.length, `seed ${seed}`).toBe(STAGES.flat().length);
          expect(new Set(ended).size).toBe(ended.length);
          compare(calls.filter(({ execution }) => execution === name));
        }
        const { body } = await cloud.request('GET', '/v1/executions?status=RUNNING');
        expect(body.items, `seed ${seed}`).toEqual([]);
      }
      const made = `${SEEDS * EXECUTIONS} executions, ${calls.length} calls for ${SEEDS * EXECUTIONS * (STAGES.flat().length + 1)} attempts`;
      process.stdout.write(`${died} of ${invocations} invocations died; ${made}\n`);
      expect(died).toBeGreaterThan(SEEDS * 5);
    },
    SEEDS * SEED_MS,
  );
});
