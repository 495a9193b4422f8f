import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestContext, vi } from 'vitest';

/** The command line as users run it: processes of its own, a port, a folder. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(ROOT, 'bin', 'knhk.ts');
export const HANDLERS = join(ROOT, 'examples', 'handlers.ts');

type Variables = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process that has been started, and what it has written so far. */
export class KnhkProcess {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly #ended: Promise<Ended>;

  /** @param within a command that runs the one behind it. */
  constructor(args: readonly string[], env: Variables = {}, cwd = ROOT, within: readonly string[] = []) {
    const { FORCE_COLOR: _, KNHK_URL: __, PORT: ___, ...inherited } = process.env;
    const [command, ...rest] = [...within, process.execPath, SCRIPT, ...args];
    this.child = spawn(command ?? '', rest, {
      cwd,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.#ended = once(this.child, 'close').then(([code]) => ({ code, out: this.out, err: this.err }));
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  async stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<Ended> {
    this.child.kill(signal);
    return this.#ended;
  }

  /** Waits until it has written the text to standard output. */
  async said(text: string, timeout = 20_000): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.child.exitCode !== null) throw new Error(`It ended with ${this.child.exitCode}: ${this.err}`);
        if (!this.out.includes(text)) throw new Error(`'${text}' is not in: ${this.out}\n${this.err}`);
      },
      { timeout, interval: 20 },
    );
  }
}

/** Runs a command to its end. */
export function knhk(...args: readonly string[]): Promise<Ended> {
  return new KnhkProcess(args).ended();
}

export interface Serving {
  readonly process: KnhkProcess;
  readonly url: string;
  readonly recovered: number;
}

/** How long a server may take to start on a machine that has much else to do, ms. */
const START_MS = 60_000;

/** A server that is ready. */
export async function serve(args: readonly string[], env: Variables = {}): Promise<Serving> {
  const started = new KnhkProcess(['serve', '--json', '--port', '0', ...args], env);
  await started.said('}\n', START_MS);
  const { url, recovered } = JSON.parse(started.out);
  return { process: started, url, recovered };
}

/** Concurrent tests each have an end of their own. */
type Finish = TestContext['onTestFinished'];

/** A server that is killed at the latest when its test ends. */
export async function serveForTest(finish: Finish, args: readonly string[], env: Variables = {}): Promise<Serving> {
  const serving = await serve(args, env);
  finish(async () => {
    await serving.process.stop('SIGKILL');
  });
  return serving;
}

export async function temporaryFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'knhk-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export async function folderForTest(finish: Finish): Promise<string> {
  const { path, remove } = await temporaryFolder();
  finish(remove);
  return path;
}

/** A request to the REST face. */
export async function call<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url}${path}`, { method, ...content });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
