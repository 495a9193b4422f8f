import { basename } from 'node:path';
import { z } from 'zod';
import { CommandFailed } from './exit.ts';
import { readText, workflowNameOf } from './files.ts';
import { parseName } from './print-execution.ts';
import { remoteSession, type SessionFlags } from './session.ts';
import { type ShownEvent, shownEvent } from './trail.ts';

/** What an execution did, from the server or from a file. */
export interface RecordedHistory {
  readonly workflow: string;
  /** For people. */
  readonly source: string;
  readonly events: readonly ShownEvent[];
}

/** @param source `workflow/execution`, an ARN, or a file with its history in JSON. @throws CommandFailed */
export async function readHistoryOf(source: string, flags: SessionFlags): Promise<RecordedHistory> {
  const isFile = source.endsWith('.json');
  const events = isFile ? await eventsOfFile(source) : await eventsOfExecution(source, flags);
  if (events.length === 0) throw new CommandFailed('Knhk.HistoryEmpty', `The history in '${source}' has no events.`);
  const workflow = isFile ? workflowNameOf(source) : parseName(source).workflow;
  return { workflow, source: isFile ? basename(source) : source, events };
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
