import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withServer } from './command.ts';

/** Who does work items. */
export function addParticipantCommands(root: Command, ended: Ended): void {
  const participants = root
    .command('participants')
    .description('those who do work items, by role and capability: list, show, set, remove them');
  withServer(command(participants, 'list', 'list all of them'))
    .addHelpText('after', examples('knhk participants list'))
    .action(async (flags) =>
      ended(await (await import('./commands/participants.ts')).participantsList(terminal(flags), flags)),
    );
  withServer(command(participants, 'show', 'show one'))
    .argument('<id>', 'as work items name it')
    .addHelpText('after', examples('knhk participants show anna'))
    .action(async (id, flags) =>
      ended(await (await import('./commands/participants.ts')).participantsShow(terminal(flags), id, flags)),
    );
  withServer(command(participants, 'set', 'create or change one'))
    .argument('<id>', 'as work items name it')
    .option('--role <name...>', 'its roles')
    .option('--capability <name...>', 'what it is able to')
    .option('--away', 'new work does not go to it')
    .addHelpText('after', examples('knhk participants set anna --role clerk approver --capability french'))
    .action(async (id, flags) =>
      ended(await (await import('./commands/participants.ts')).participantsSet(terminal(flags), id, flags)),
    );
  withServer(command(participants, 'remove', 'remove one; what was given to it stays with it'))
    .argument('<id>', 'as work items name it')
    .addHelpText('after', examples('knhk participants remove anna'))
    .action(async (id, flags) =>
      ended(await (await import('./commands/participants.ts')).participantsRemove(terminal(flags), id, flags)),
    );
}
