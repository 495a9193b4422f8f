import { type Flags, readConfiguration } from '../configuration.ts';
import { consoleLog } from '../console-log.ts';
import { EngineClient, isServing, unreachable } from './client.ts';
import { CommandFailed } from './exit.ts';

/** An engine to talk to: a server that runs, or one in this process for as long as the command takes. */
export interface Session {
  readonly client: EngineClient;
  /** For people. */
  readonly where: string;
  close(): Promise<void>;
}

export interface SessionFlags extends Flags {
  readonly url?: string;
}

/** @throws CommandFailed, BadConfiguration */
export function serverUrl(flags: SessionFlags): string {
  const url = flags.url ?? process.env['KNHK_URL'] ?? `http://localhost:${readConfiguration({}, process.env).port}`;
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new CommandFailed('Knhk.BadUrl', `--url must be like http://localhost:8080, and is '${url}'.`);
  }
  return url.replace(/\/+$/, '');
}

/** A session with a server; whether it runs shows with the first request. */
export function remoteSession(flags: SessionFlags): Session {
  const url = serverUrl(flags);
  return { client: new EngineClient(url, authenticated), where: `the server at ${url}`, close: async () => {} };
}

/** With the API key in the environment, if there is one. */
function authenticated(request: Request): Promise<Response> {
  const key = process.env['KNHK_API_KEY'];
  if (key !== undefined && key !== '') request.headers.set('authorization', `Bearer ${key}`);
  return fetch(request);
}

/**
 * The server, where one answers; otherwise the engine itself, on the data folder. Flags that only the latter
 * understands ask for it.
 * @throws CommandFailed, DataDirError, HandlersNotLoaded
 */
export async function anySession(flags: SessionFlags): Promise<Session> {
  const { buckets, dataDir, handlers, lambdaEndpoint, stages } = flags;
  const wantsOwn = [buckets, dataDir, handlers, lambdaEndpoint, stages].some((flag) => flag !== undefined);
  const isNamed = flags.url !== undefined || process.env['KNHK_URL'] !== undefined;
  if (!wantsOwn || flags.url !== undefined) {
    const url = serverUrl(flags);
    if (await isServing(url)) return remoteSession(flags);
    if (isNamed) throw unreachable(url);
  }
  return ownSession(flags);
}

/** Runs with the client of `anySession`. @throws what that and `run` throw */
export async function withClient<T>(flags: SessionFlags, run: (session: Session) => Promise<T>): Promise<T> {
  const session = await anySession(flags);
  try {
    return await run(session);
  } finally {
    await session.close();
  }
}

/**
 * On a port of its own all the same: handlers and workers may have to call back. Carries its own executions only: what else
 * is open in the folder may need handlers that are not here. Loads the engine, which takes a while.
 */
async function ownSession(flags: SessionFlags): Promise<Session> {
  const { startServer } = await import('../server.ts');
  // Nobody else is to call, so that a host for others is left out.
  const { host: _host, ...configured } = readConfiguration(flags, process.env);
  const configuration = { ...configured, port: 0, takesUp: false };
  const server = await startServer(configuration, consoleLog('warn'));
  return {
    client: new EngineClient(server.url, (request) => server.fetch(request)),
    where: `this process, on ${configuration.dataDir}`,
    close: () => server.close(),
  };
}
