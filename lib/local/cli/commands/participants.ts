import type { Participant } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { columns } from '../format.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface ParticipantFlags extends SessionFlags {
  readonly role?: readonly string[];
  readonly capability?: readonly string[];
  readonly away?: boolean;
}

const LIST_LIMIT = 1_000;

export async function participantsList(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const { client } = remoteSession(flags);
  const all: Participant[] = [];
  let after: string | undefined;
  do {
    const page = await client.participants(LIST_LIMIT, after);
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  if (terminal.json) terminal.out.line(JSON.stringify(all, undefined, 2));
  else if (all.length === 0) terminal.err.line('There are none.');
  else print(terminal, all);
  return EXIT.ok;
}

export async function participantsShow(terminal: Terminal, id: string, flags: SessionFlags): Promise<ExitCode> {
  return shown(terminal, await remoteSession(flags).client.participant(id));
}

export async function participantsSet(terminal: Terminal, id: string, flags: ParticipantFlags): Promise<ExitCode> {
  const { role = [], capability = [], away = false } = flags;
  const body = { roles: [...role], capabilities: [...capability], available: !away };
  return shown(terminal, await remoteSession(flags).client.putParticipant(id, body));
}

export async function participantsRemove(terminal: Terminal, id: string, flags: SessionFlags): Promise<ExitCode> {
  await remoteSession(flags).client.deleteParticipant(id);
  if (terminal.json) terminal.out.line(JSON.stringify({ removed: id }));
  else terminal.out.line(`${id} is removed.`);
  return EXIT.ok;
}

function shown(terminal: Terminal, participant: Participant): ExitCode {
  if (terminal.json) terminal.out.line(JSON.stringify(participant, undefined, 2));
  else print(terminal, [participant]);
  return EXIT.ok;
}

function print({ out }: Terminal, participants: readonly Participant[]): void {
  const rows = participants.map(({ id, roles, capabilities, available }) => [
    id,
    roles.join(','),
    capabilities.join(','),
    available ? '' : 'away',
  ]);
  const [heading = [], ...cells] = columns([['NAME', 'ROLES', 'CAPABILITIES', ''], ...rows]);
  out.line(out.paint('dim', heading.join('  ').trimEnd()));
  for (const row of cells) out.line(row.join('  ').trimEnd());
}
