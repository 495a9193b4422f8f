import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openSqlite } from '../../lib/adapters/sqlite/index.ts';
import { decodeLog } from '../../lib/state/commit.ts';
import { checkLogs } from '../patterns/log-check.ts';
import type * as handlers from './kill-handlers.ts';
import { ANSWER, definition, expectedOutput, STAGES, STEPS } from './kill-workflow.ts';
import { call, folderForTest, KnhkProcess, serve } from './knhk-process.ts';

/**
 * Kills the server process again and again, at random moments while executions run, and compares what the handlers
 * saw with what the engine recorded.
 */

/** A night's worth: `KILLS=300 npx vitest run --config test/vitest.config.ts test/local/kill.test.ts`. */
const KILLS = Number(process.env['KILLS'] ?? 16);
/** Every so many kills, the process that starts again dies while it starts. */
const AT_START = 4;
const START_MS = 400;
const STARTS_PER_LIFE = 3;
const EXECUTIONS = KILLS * STARTS_PER_LIFE;
/** The server dies once the handlers have been called so many times, at most; or after so many ms. */
const CALLS_PER_LIFE = 80;
const LIFE_MS = 600;
/** And this much later at most, so that it dies while calls run, while results are committed, and between. */
const DELAY_MS = 30;
const BYTES_PER_CALL = 300;
/** It takes some 1.5 s for each kill on two idle cores. */
const DEADLINE_MS = 60_000 + KILLS * 10_000;

interface Event {
  readonly type: string;
  readonly lambdaFunctionSucceededEventDetails?: { readonly output: string };
  readonly lambdaFunctionFailedEventDetails?: { readonly cause: string };
  readonly taskSubmittedEventDetails?: { readonly output: string };
}

/** The call whose result an event records. */
function recordedCall(event: Event): string | undefined {
  const { lambdaFunctionSucceededEventDetails: succeeded, lambdaFunctionFailedEventDetails: failed } = event;
  const submitted = event.taskSubmittedEventDetails;
  if (succeeded !== undefined) return JSON.parse(succeeded.output).call;
  if (failed !== undefined) return JSON.parse(failed.cause).errorMessage;
  return submitted === undefined ? undefined : JSON.parse(submitted.output).Payload.call;
}

/** Asks until there is an answer: the server may be dead at the moment. */
async function persist<T>(ask: () => Promise<T>): Promise<T> {
  return vi.waitFor(ask, { timeout: DEADLINE_MS, interval: 50 });
}

/** Starts an execution; that it has been started by a request whose answer was lost is as good. */
async function begin(url: string, index: number): Promise<void> {
  await persist(() =>
    call(url, 'POST', '/v1/workflows/killed/executions', { name: `e${index}`, input: { n: index } }).catch((error) => {
      if (!String(error).includes('Knhk.ExecutionExists')) throw error;
    }),
  );
}

/** Tells the result of every task whose token the handlers have been given, each once the engine will have it. */
class Answers {
  readonly #url: string;
  readonly #told = new Set<string>();
  readonly #pending: Promise<void>[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  tell(calls: readonly handlers.Call[]): void {
    for (const { token } of calls) {
      if (token === undefined || this.#told.has(token)) continue;
      this.#told.add(token);
      this.#pending.push(persist(() => this.#answer(token)));
    }
  }

  async #answer(token: string): Promise<void> {
    const path = `/v1/tasks/${encodeURIComponent(token)}/success`;
    await call(this.#url, 'POST', path, { output: ANSWER }).catch((error) => {
      // An answer that was taken, but not acknowledged before the process died.
      if (!String(error).includes('Knhk.TaskClosed')) throw error;
    });
  }

  async told(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(server.listening).toBe(true));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Lives until a random number of further calls have been made, then dies on the spot. */
async function killInTheMiddle(server: KnhkProcess, callsFile: string): Promise<void> {
  const enough = statSync(callsFile).size + Math.random() * CALLS_PER_LIFE * BYTES_PER_CALL;
  const delay = Math.random() * DELAY_MS;
  let killAt = performance.now() + LIFE_MS;
  const isOver = () => {
    if (statSync(callsFile).size >= enough) killAt = Math.min(killAt, performance.now() + delay);
    return performance.now() >= killAt;
  };
  await vi.waitUntil(isOver, { timeout: DEADLINE_MS, interval: 3 });
  expect(await server.stop('SIGKILL')).toMatchObject({ code: null });
}

/** Starts the process, and kills it before it is ready, or soon after. */
async function killAtStart(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const starting = new KnhkProcess(['serve', '--json', ...args], env);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * START_MS));
  expect(await starting.stop('SIGKILL')).toMatchObject({ code: null });
}

/** @returns how many commits the logs of all executions have; their chains of hashes are whole, and replay gives their ends. */
async function countSoundCommits(dataDir: string): Promise<number> {
  expect(await checkLogs(dataDir, new Map())).toEqual(new Map());
  const stores = await openSqlite(dataDir);
  try {
    const { items } = await stores.index.list({ limit: EXECUTIONS + 1 });
    expect(items).toHaveLength(EXECUTIONS);
    const logs = await Promise.all(items.map(({ execution }) => stores.events.read(execution, 0, 10_000)));
    for (const log of logs) {
      const [first] = decodeLog(log);
      expect(first?.number).toBe(0);
      expect(decodeLog(log).every(({ hash }) => hash !== undefined)).toBe(true);
    }
    return logs.flat().length;
  } finally {
    await stores.close();
  }
}

/** The calls that have been made, as their file grows. */
class Calls {
  readonly all: handlers.Call[] = [];
  readonly #file: string;
  #read = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Those since the last time. */
  more(): readonly handlers.Call[] {
    const bytes = readFileSync(this.#file).subarray(this.#read);
    const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
    this.#read += whole.length;
    const calls: handlers.Call[] = whole
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    this.all.push(...calls);
    return calls;
  }
}

test(
  'completed steps never run again, whenever the process is killed, and every execution ends by itself',
  async ({ onTestFinished }) => {
    const folder = await folderForTest(onTestFinished);
    const callsFile = join(folder, 'calls');
    writeFileSync(callsFile, '');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const module = fileURLToPath(new URL('kill-handlers.ts', import.meta.url));
    const dataDir = join(folder, 'data');
    const args = ['--data-dir', dataDir, '--handlers', module, '--port', String(port)];
    const launch = async () => (await serve(args, { CALLS: callsFile })).process;

    let server = await launch();
    onTestFinished(async () => {
      await server.stop('SIGKILL');
    });
    await call(url, 'PUT', '/v1/workflows/killed', { definition });
    const answers = new Answers(url);
    const calls = new Calls(callsFile);
    const answering = setInterval(() => answers.tell(calls.more()), 100);
    onTestFinished(() => clearInterval(answering));
    const begun: Promise<void>[] = [];
    for (let life = 0; life < KILLS; life += 1) {
      for (let more = 0; more < STARTS_PER_LIFE; more += 1) begun.push(begin(url, begun.length));
      await killInTheMiddle(server, callsFile);
      if (life % AT_START === 0) await killAtStart(args, { CALLS: callsFile });
      server = await launch();
    }
    await Promise.all(begun);

    for (let index = 0; index < EXECUTIONS; index += 1) {
      const path = `/v1/workflows/killed/executions/e${index}`;
      const ended = await call<{ status: string; output?: unknown }>(url, 'GET', `${path}?wait=30`);
      expect(ended, `execution ${index}`).toMatchObject({ status: 'SUCCEEDED', output: expectedOutput(index) });
    }
    await answers.told();
    calls.more();
    const callsOf = Map.groupBy(calls.all, ({ execution }) => execution.split(':').at(-1) ?? '');
    let interrupted = 0;
    for (let index = 0; index < EXECUTIONS; index += 1) {
      const path = `/v1/workflows/killed/executions/e${index}/history?limit=1000`;
      const { items } = await call<{ items: Event[] }>(url, 'GET', path);
      const recorded = items.flatMap((event) => recordedCall(event) ?? []);
      interrupted += compare(recorded, callsOf.get(`e${index}`) ?? []);
    }
    await server.stop('SIGKILL');
    const commits = await countSoundCommits(dataDir);
    const atStart = Math.ceil(KILLS / AT_START);
    process.stdout.write(
      `${KILLS} kills at work, ${atStart} at the start; ${EXECUTIONS} executions, ${commits} commits, ${calls.all.length} calls, ${interrupted} without a result\n`,
    );
    expect(interrupted).toBeGreaterThan(0);
  },
  DEADLINE_MS,
);

/**
 * Calls of one attempt are of different processes, and all but the last have left no result.
 * @returns how many calls left no result, because the process died during them.
 */
function compare(recorded: readonly string[], calls: readonly handlers.Call[]): number {
  expect(new Set(calls.map(({ step }) => step))).toEqual(new Set(STEPS));
  expect(new Set(recorded).size).toBe(recorded.length);
  const stages = calls.map(({ step }) => STAGES.findIndex((stage) => stage.includes(step)));
  expect(stages, 'stages in the order of their calls').toEqual(stages.toSorted());
  for (const step of STEPS) {
    const made = calls.filter((one) => one.step === step);
    expect(new Set(made.map(({ key }) => key)).size, `idempotency keys of ${step}`).toBe(1);
    const attempts = made.map(({ attempt }) => attempt);
    expect(attempts, `attempts of ${step}`).toEqual(attempts.toSorted());
    for (const attempt of new Set(attempts)) {
      const ofAttempt = made.filter((one) => one.attempt === attempt).map((one) => one.call);
      // The answer to a token may be quicker than the call that was given it: then that call's result is not recorded.
      const lives = made.filter((one) => one.attempt === attempt).map(({ life }) => life);
      expect(new Set(lives).size, `processes that called attempt ${attempt} of ${step}`).toBe(lives.length);
      const results = ofAttempt.filter((one) => recorded.includes(one));
      if (step === 'Answer' && results.length === 0) continue;
      expect(results, `results of attempt ${attempt} of ${step}`).toEqual(ofAttempt.slice(-1));
    }
  }
  return calls.length - recorded.length;
}
