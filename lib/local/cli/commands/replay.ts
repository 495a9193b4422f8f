import { record } from '../../testing/recording.ts';
import { runCase } from '../../testing/test-case.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import { readHistoryOf } from '../recorded-history.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { printCase } from '../test-report.ts';
import type { ShownEvent } from '../trail.ts';

export interface ReplayFlags extends SessionFlags {
  readonly definition?: string;
}

/**
 * Runs what an execution did once more, in simulated time and with what its tasks answered then, and compares: the end, the
 * output, and the path where nothing ran side by side.
 */
export async function replay(terminal: Terminal, name: string, flags: ReplayFlags): Promise<ExitCode> {
  const { workflow, source, events } = await readHistoryOf(name, flags);
  const obstacle = obstacleIn(events);
  if (obstacle !== undefined) throw new CommandFailed('Knhk.NotReplayable', `${source}: ${obstacle}`);
  const definition = await definitionFor(workflow, name, flags);
  const { notes, ...recorded } = record(events);
  for (const note of notes) terminal.err.line(note);
  const result = await runCase({
    ...recorded,
    name: `does what ${source} did`,
    definition,
    workflow,
    ...{ type: 'STANDARD', workflows: {}, events: [], objects: {}, buckets: undefined, seed: undefined },
  });
  const { passed, problems } = result;
  if (terminal.json) terminal.out.line(JSON.stringify({ passed, problems, notes }, undefined, 2));
  else printCase(terminal.out, result);
  return passed ? EXIT.ok : EXIT.failed;
}

/** Why running it once more could not come to the same end, whatever the definition. */
function obstacleIn(events: readonly ShownEvent[]): string | undefined {
  const ends = events.find(({ type }) => /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(type));
  if (events.some(({ type }) => type === 'ExecutionForked')) {
    return 'Replay the execution that this one was forked from: what ran before the fork is in its history alone.';
  }
  if (ends === undefined) return 'Wait for the end of the execution: it is open, and nobody knows how it would go on.';
  if (ends.type === 'ExecutionAborted') return 'Choose another execution: this one was aborted from outside.';
  return undefined;
}

/** The file that is named, or what the workflow has now. */
async function definitionFor(workflow: string, name: string, flags: ReplayFlags): Promise<string> {
  if (flags.definition !== undefined) return readText(flags.definition);
  if (!name.endsWith('.json')) return remoteSession(flags).client.definition(workflow);
  throw new CommandFailed(
    'Knhk.DefinitionMissing',
    'Name the definition to replay the file with: --definition order.asl.json.',
  );
}
