import { record as recordEvents } from '../../testing/recording.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readHistoryOf } from '../recorded-history.ts';
import type { SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface RecordFlags extends SessionFlags {
  readonly definition?: string;
}

/** Prints a test file whose case does what an execution did: from the server, or from a history in a file. */
export async function record(terminal: Terminal, name: string, flags: RecordFlags): Promise<ExitCode> {
  const { workflow, source, events } = await readHistoryOf(name, flags);
  const { notes, ...recorded } = recordEvents(events);
  for (const note of notes) terminal.err.line(note);
  const cases = [{ name: `does what ${source} did`, ...recorded }];
  const file = { definition: flags.definition ?? `${workflow}.asl.json`, cases };
  terminal.out.line(JSON.stringify(file, undefined, 2));
  return EXIT.ok;
}
