import { EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../files.ts';
import { parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface EventFlags extends SessionFlags {
  readonly payload: string;
  readonly id?: string;
}

const OUTCOMES = {
  taken: 'A state has started with it.',
  kept: 'It waits until a state takes it.',
  discarded: 'No state waits for it, and none keeps it.',
  repeated: 'An event of this id came before.',
} as const;

/** Sends an event to an execution, and tells what became of it. */
export async function eventSend(
  terminal: Terminal,
  execution: string,
  name: string,
  flags: EventFlags,
): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const { id } = flags;
  const payload = await readInput(flags.payload);
  const sent = await client.sendEvent(parseName(execution), { name, payload, ...(id === undefined ? {} : { id }) });
  if (terminal.json) terminal.out.line(JSON.stringify(sent, undefined, 2));
  else terminal.out.line(`${sent.outcome}  ${terminal.out.paint('dim', OUTCOMES[sent.outcome])}`);
  return EXIT.ok;
}
