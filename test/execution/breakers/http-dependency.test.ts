import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HttpTasks } from '../../../lib/execution/tasks/http/http-tasks.ts';
import { LocalConnections } from '../../../lib/local/connections.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { TaskInvoker } from '../../../lib/ports/task-invoker.ts';
import type { TestProcess } from '../harness.ts';
import { BreakerWorld } from './shared-world.ts';

/** A dependency on a port, which works, fails or is slow, as it is told. */
let server: Server;
let origin = '';
let respond: (response: ServerResponse) => void;
let requests = 0;

const works = (response: ServerResponse) => void response.end('{"stock":7}');
const fails = (response: ServerResponse) => void response.writeHead(503).end('Out of order.');
const isSlow = (response: ServerResponse) => void setTimeout(() => works(response), 40);
const knowsNothing = (response: ServerResponse) => void response.writeHead(404).end('There is no such lamp.');

beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    respond(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  requests = 0;
  respond = works;
});

/** Calls that are under way: time stands still until they have ended. */
class Awaited implements TaskInvoker {
  readonly #under = new Set<Promise<unknown>>();
  readonly #invoker: TaskInvoker;

  constructor(invoker: TaskInvoker) {
    this.#invoker = invoker;
  }

  invoke(...args: Parameters<TaskInvoker['invoke']>): ReturnType<TaskInvoker['invoke']> {
    const outcome = this.#invoker.invoke(...args);
    const ended = outcome.finally(() => this.#under.delete(ended));
    this.#under.add(ended);
    return outcome;
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      if (this.#under.size > 0) quiet = 0;
      await Promise.allSettled(this.#under);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function stock(fields: object = {}): Json {
  return {
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::http:invoke',
        Parameters: { ApiEndpoint: `${origin}/stock`, Method: 'GET' },
        ResultSelector: { 'stock.$': '$.ResponseBody.stock' },
        ...fields,
        End: true,
      },
    },
  };
}

function worldOf(policy: Json) {
  const connections = new LocalConnections({}, {});
  const http = new HttpTasks({ connections, policy: { allow: [origin] }, region: 'us-east-1', now: Date.now });
  const services = new Awaited(http);
  const world = new BreakerWorld({ services, policies: { [origin]: policy } });
  const pass = (ms: number) => world.clock.run({ until: world.clock.now() + ms, settle: () => services.settle() });
  const calls = async (processes: readonly TestProcess[], count: number, name: string) => {
    const executions: string[] = [];
    for (let call = 0; call < count; call += 1) {
      const process = processes[call % processes.length] ?? expect.fail();
      executions.push(await process.start(await world.register(`${name}-${call}`, stock()), {}));
      await pass(1_000);
    }
    return executions;
  };
  const errors = async (executions: readonly string[], [process]: readonly TestProcess[]) =>
    Promise.all(executions.map(async (execution) => (await process?.state(execution))?.failure?.error));
  return { world, pass, calls, errors };
}

describe('a dependency that fails, and recovers', () => {
  it('is spared while it fails, tried by a few, and called by all again', async () => {
    const { world, pass, calls, errors } = worldOf({ minimumCalls: 5, openSeconds: 20, successesToClose: 2 });
    const processes = [world.process(), world.process()];
    expect(await errors(await calls(processes, 4, 'well'), processes)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    respond = fails;
    const failing = await errors(await calls(processes, 8, 'ill'), processes);
    expect(failing[0]).toBe('States.Http.StatusCode.503');
    await pass(3_000);
    const before = requests;
    expect(await errors(await calls(processes, 4, 'open'), processes)).toEqual(Array(4).fill('Knhk.CircuitOpen'));
    expect(requests).toBe(before);
    // It is tried by one call, and has not recovered.
    await pass(20_000);
    expect(await errors(await calls(processes, 2, 'tried'), processes)).toEqual([
      'States.Http.StatusCode.503',
      'Knhk.CircuitOpen',
    ]);
    respond = works;
    await pass(21_000);
    expect(await errors(await calls(processes, 6, 'better'), processes)).toEqual(Array(6).fill(undefined));
    const { transitions } = (await world.breakers[0]?.records.read(origin)) ?? expect.fail();
    expect(transitions.map(({ to }) => to)).toEqual(['open', 'halfOpen', 'open', 'halfOpen', 'closed']);
  });

  it('is not called by tasks that wait for it by their Retry, until the breaker lets them', async () => {
    const { world, pass, calls } = worldOf({ minimumCalls: 3, openSeconds: 20, successesToClose: 1 });
    const processes = [world.process()];
    respond = fails;
    await calls(processes, 5, 'ill');
    const before = requests;
    const Retry = [{ ErrorEquals: ['Knhk.CircuitOpen'], IntervalSeconds: 8, BackoffRate: 1, MaxAttempts: 5 }];
    const execution = (await processes[0]?.start(await world.register('patient', stock({ Retry })), {})) ?? '';
    await pass(10_000);
    expect(requests).toBe(before);
    respond = works;
    await pass(20_000);
    expect(await processes[0]?.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: { stock: 7 } });
    expect(requests).toBe(before + 1);
  });

  it('is spared, too, when it is slow', async () => {
    const { world, pass, calls, errors } = worldOf({
      minimumCalls: 4,
      slowCallSeconds: 0.02,
      slowRatio: 0.5,
      openSeconds: 10,
    });
    const processes = [world.process()];
    respond = isSlow;
    await calls(processes, 7, 'slow');
    expect(await errors(await calls(processes, 1, 'open'), processes)).toEqual(['Knhk.CircuitOpen']);
    const { transitions } = (await world.breakers[0]?.records.read(origin)) ?? expect.fail();
    expect(transitions[0]?.why).toMatch(/took longer than 0.02 s$/);
    // Tried while it is still slow, it is open again.
    await pass(11_000);
    expect(await errors(await calls(processes, 2, 'tried'), processes)).toEqual([undefined, 'Knhk.CircuitOpen']);
  });

  it('is called on where it only says that requests are wrong', async () => {
    const { world, calls, errors } = worldOf({ minimumCalls: 2 });
    const processes = [world.process()];
    respond = knowsNothing;
    const all = await errors(await calls(processes, 6, 'wrong'), processes);
    expect(all).toEqual(Array(6).fill('States.Http.StatusCode.404'));
    expect(requests).toBe(6);
  });
});
