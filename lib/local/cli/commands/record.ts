import { basename } from 'node:path';
import { z } from 'zod';
import { record as recordEvents } from '../../testing/recording.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readText, workflowNameOf } from '../files.ts';
import { parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { type ShownEvent, shownEvent } from '../trail.ts';

export interface RecordFlags extends SessionFlags {
  readonly definition?: string;
}

/** Prints a test file whose case does what an execution did: from the server, or from a history in a file. */
export async function record(terminal: Terminal, source: string, flags: RecordFlags): Promise<ExitCode> {
  const isFile = source.endsWith('.json');
  const events = isFile ? await eventsOfFile(source) : await eventsOfExecution(source, flags);
  if (events.length === 0) throw new CommandFailed('Knhk.HistoryEmpty', `The history in '${source}' has no events.`);
  const workflow = isFile ? workflowNameOf(source) : parseName(source).workflow;
  const { notes, ...recorded } = recordEvents(events);
  for (const note of notes) terminal.err.line(note);
  const name = `does what ${isFile ? basename(source) : source} did`;
  const file = { definition: flags.definition ?? `${workflow}.asl.json`, cases: [{ name, ...recorded }] };
  terminal.out.line(JSON.stringify(file, undefined, 2));
  return EXIT.ok;
}

async function eventsOfExecution(name: string, flags: SessionFlags): Promise<readonly ShownEvent[]> {
  const events: ShownEvent[] = [];
  for await (const event of remoteSession(flags).client.history(parseName(name))) events.push(shownEvent(event));
  return events;
}

/** An event as AWS's clients write it: times are text, or seconds since the epoch. */
const event = z.looseObject({
  id: z.coerce.number().int(),
  previousEventId: z.coerce.number().int().default(0),
  type: z.string(),
  timestamp: z.union([z.string(), z.number()]).transform((time) => timeOf(time)),
});
const historyFile = z.union([z.array(event), z.object({ events: z.array(event) }).transform(({ events }) => events)]);

function timeOf(time: string | number): string {
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(time);
  return new Date(Number.isFinite(ms) ? ms : 0).toISOString();
}

async function eventsOfFile(file: string): Promise<readonly ShownEvent[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readText(file));
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed('Knhk.HistoryInvalid', `'${file}' is not JSON.`);
  }
  const { success, data } = historyFile.safeParse(content);
  if (success) return [...data].sort((a, b) => a.id - b.id).map(shownEvent);
  throw new CommandFailed(
    'Knhk.HistoryInvalid',
    `'${file}' is no history: save what 'aws stepfunctions get-execution-history' or 'knhk history --json' prints.`,
  );
}
