import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withPlace } from './command.ts';

/** Resource pools: who holds their permits, who waits, and their limits. */
export function addPoolCommands(root: Command, ended: Ended): void {
  const pools = root
    .command('pools')
    .description('resource pools, which limit what works at the same time: list, show, set, remove them');
  withPlace(command(pools, 'list', 'list the pools that have a limit'))
    .addHelpText('after', examples('knhk pools list', 'knhk pools list --json'))
    .action(async (flags) => ended(await (await import('./commands/pools.ts')).poolsList(terminal(flags), flags)));
  withPlace(command(pools, 'show', 'show who holds the permits of a pool, and who waits for one'))
    .argument('<name>', 'as the list shows it')
    .addHelpText('after', examples('knhk pools show gpu'))
    .action(async (name, flags) =>
      ended(await (await import('./commands/pools.ts')).poolsShow(terminal(flags), name, flags)),
    );
  withPlace(command(pools, 'set', 'set the limit of a pool'))
    .argument('<name>', 'as a state names it, or workflow:…, tenant:…, pattern:WCP-…, resource:…')
    .argument('<limit>', 'permits at the same time, 0 to 1,000; 0: nobody gets one')
    .addHelpText(
      'after',
      examples(
        'knhk pools set gpu 2',
        'knhk pools set workflow:order 20',
        'knhk pools set resource:https://api.example.com 5',
        '',
        'On the server, if one answers; else in the data folder. Other processes see it within a few seconds.',
      ),
    )
    .action(async (name, limit, flags) =>
      ended(await (await import('./commands/pools.ts')).poolsSet(terminal(flags), name, limit, flags)),
    );
  withPlace(command(pools, 'remove', 'remove a limit that was set; that of the deployment applies again, or none'))
    .argument('<name>', 'as it was set')
    .addHelpText('after', examples('knhk pools remove gpu'))
    .action(async (name, flags) =>
      ended(await (await import('./commands/pools.ts')).poolsRemove(terminal(flags), name, flags)),
    );
}
