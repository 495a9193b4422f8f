import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server of this project, and a port where functions may be served to it. */
export interface Engine {
  readonly url: string;
  readonly lambdaPort: number;
  readonly stop: () => Promise<void>;
}

/** What is wrong with a server shows in its first complaints. */
const MAX_COMPLAINTS = 5;

/** @param dataDir a folder that is kept; absent: one of its own, which goes with it. */
export async function startEngine(root: string, dataDir?: string): Promise<Engine> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'knhk-conformance-'));
  const lambdaPort = await freePort();
  const options = [
    '--json',
    '--port',
    '0',
    '--data-dir',
    folder,
    '--lambda-endpoint',
    `http://127.0.0.1:${lambdaPort}`,
  ];
  const child = spawn(process.execPath, [join(root, 'bin', 'knhk.ts'), 'serve', ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += 1;
    if (complaints <= MAX_COMPLAINTS) process.stderr.write(text);
  });
  const stop = async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined;
    child.kill('SIGKILL');
    await ended;
    if (dataDir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return { url: await addressOf(child), lambdaPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What it says first is where it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  let said = '';
  if (child.stdout === null) throw new Error('The server has no output.');
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const [, url] = /"url":\s*"([^"]+)"/.exec(said) ?? [];
    if (url === undefined) continue;
    return url;
  }
  throw new Error(`The server ended before it listened: ${said}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
