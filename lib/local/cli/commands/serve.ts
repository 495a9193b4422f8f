import { flushCompileCache } from 'node:module';
import { type Configuration, type Flags, readConfiguration } from '../../configuration.ts';
import { consoleLog } from '../../console-log.ts';
import { type LocalServer, startServer } from '../../server.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { aborted, onStopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

/** The server alone, until it is told to stop. */
export async function serve(terminal: Terminal, flags: Flags): Promise<ExitCode> {
  const stop = onStopSignal();
  const configuration = readConfiguration(flags, process.env);
  const server = await startServer(configuration, consoleLog('info'));
  if (terminal.json) terminal.out.line(JSON.stringify(readiness(server, configuration)));
  else {
    const taken = server.recovered === 0 ? '' : `; takes up ${countOf(server.recovered)}`;
    terminal.out.line(
      `KNHK listens on ${server.url} (${reachedBy(configuration)}), data in ${configuration.dataDir}${taken}`,
    );
  }
  // Otherwise written at the end, which a server that is killed never sees.
  flushCompileCache();
  await aborted(stop);
  terminal.err.line('Stopping …');
  await server.close();
  return EXIT.ok;
}

/** Who can call, for people. */
export function reachedBy({ authentication, host }: Configuration): string {
  if (authentication === undefined) return 'this machine only, without authentication';
  const asks = `asks for ${[...authentication.methods].join(' or ')}`;
  return host === undefined ? `this machine only, ${asks}` : `on ${host} without TLS, ${asks}`;
}

/** What a program that started the server wants to know once it is ready. */
export function readiness({ url, recovered }: LocalServer, { buckets, dataDir }: Configuration): object {
  return { ready: true, url, dataDir, buckets, pid: process.pid, recovered };
}

export function countOf(executions: number): string {
  return executions === 1 ? '1 open execution' : `${executions} open executions`;
}
