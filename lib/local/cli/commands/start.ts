import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3_BUCKETS } from '../../buckets.ts';
import { type Configuration, type Flags, readConfiguration } from '../../configuration.ts';
import { consoleLog } from '../../console-log.ts';
import { type LocalServer, startServer } from '../../server.ts';
import { registerActivities } from '../activities.ts';
import { EngineClient, type Execution } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { workflowNameOf } from '../files.ts';
import { headline, nameOf } from '../print-execution.ts';
import { Progress } from '../progress.ts';
import { aborted, onStopSignal } from '../stop-signal.ts';
import type { Screen, Terminal } from '../terminal.ts';
import { shownEvent } from '../trail.ts';
import { countOf, reachedBy, readiness } from './serve.ts';
import { whatNext } from './what-next.ts';

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
/** The example that is run. */
const SHOWN = 'order';

/** What a newcomer sees first: the engine, its examples, and one of them run. Then it serves, until it is told to stop. */
export async function start(terminal: Terminal, flags: Flags): Promise<ExitCode> {
  const stop = onStopSignal();
  const configuration = readConfiguration({ handlers: join(EXAMPLES, 'handlers.ts'), ...flags }, process.env);
  const server = await startServer(configuration, consoleLog('info'));
  // With --json, what people read goes where machines do not look.
  const screen = terminal.json ? terminal.err : terminal.out;
  try {
    const client = new EngineClient(server.url, (request) => server.fetch(request));
    const names = await registerExamples(client);
    if (terminal.json) terminal.out.line(JSON.stringify(readiness(server, configuration)));
    introduce(screen, server, configuration, names);
    const ended = await runExample(client, screen, stop);
    if (ended !== undefined) {
      if (terminal.json) terminal.out.line(JSON.stringify(ended));
      for (const line of whatNext(screen, server.url, ended)) screen.line(line);
    }
    await aborted(stop);
    screen.line();
    screen.line('Stopping. What is open goes on at the next start.');
  } finally {
    await server.close();
  }
  return EXIT.ok;
}

async function registerExamples(client: EngineClient): Promise<readonly string[]> {
  const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.asl.json')).sort();
  const names: string[] = [];
  for (const file of files) {
    const definition = await readFile(join(EXAMPLES, file), 'utf8');
    await registerActivities(client, definition);
    names.push((await client.putWorkflow(workflowNameOf(file), definition)).name);
  }
  return names;
}

function introduce(screen: Screen, server: LocalServer, configuration: Configuration, names: readonly string[]): void {
  const { buckets, dataDir, lambdaEndpoint, handlers } = configuration;
  const functions = lambdaEndpoint ?? `${shortPath(handlers ?? '')}, loaded again when it changes`;
  const facts: readonly (readonly [string, string])[] = [
    ['listens on', `${server.url}  (${reachedBy(configuration)})`],
    ['data', `${shortPath(dataDir)}  (SQLite; remove the folder to begin anew)`],
    ['functions', functions],
    ['buckets', buckets === S3_BUCKETS ? 'S3' : `${shortPath(buckets)}  (a folder each)`],
    ['workflows', names.join(', ')],
  ];
  screen.line();
  screen.line(
    `${screen.paint('bold', 'KNHK')}, a workflow engine: runs Amazon States Language, durably, on this machine.`,
  );
  screen.line();
  for (const [label, value] of facts) screen.line(`  ${screen.paint('dim', label.padEnd(10))}  ${value}`);
  if (server.recovered === 0) return;
  screen.line();
  screen.line(`  Takes up ${countOf(server.recovered)} from the last run.`);
}

/** `undefined`: it was told to stop meanwhile. */
async function runExample(client: EngineClient, screen: Screen, stop: AbortSignal): Promise<Execution | undefined> {
  const text = await readFile(join(EXAMPLES, `${SHOWN}.input.json`), 'utf8');
  const name = await client.start(SHOWN, JSON.parse(text));
  screen.line();
  screen.line(`Runs the example ${screen.paint('bold', nameOf(name))}:`);
  screen.line();
  const progress = new Progress(screen);
  for await (const event of client.follow(name, stop)) {
    if (event !== undefined) progress.show(shownEvent(event));
  }
  if (stop.aborted) return undefined;
  const ended = await client.execution(name);
  screen.line();
  screen.line(headline(screen, ended));
  if (ended.output !== undefined) screen.line(JSON.stringify(ended.output, undefined, 2));
  return ended;
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
