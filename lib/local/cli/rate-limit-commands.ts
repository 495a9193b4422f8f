import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withPlace } from './command.ts';

/** Limits of requests per caller and tenant, and of calls of tasks. */
export function addRateLimitCommands(root: Command, ended: Ended): void {
  const limits = root
    .command('rate-limits')
    .description('rate limits of requests and of calls of tasks: list, show, set, remove them');
  const load = () => import('./commands/rate-limits.ts');
  withPlace(command(limits, 'list', 'list the limits'))
    .addHelpText('after', examples('knhk rate-limits list', 'knhk rate-limits list --json'))
    .action(async (flags) => ended(await (await load()).rateLimitsList(terminal(flags), flags)));
  withPlace(command(limits, 'show', 'show a limit'))
    .argument('<name>', 'as the list shows it')
    .addHelpText('after', examples("knhk rate-limits show 'tenant:*'"))
    .action(async (name, flags) => ended(await (await load()).rateLimitsShow(terminal(flags), name, flags)));
  withPlace(command(limits, 'set', 'set a limit'))
    .argument('<name>', 'key:<id>, principal:<subject>, tenant:<tenant>, target:<task resource>; with * for each')
    .argument('<rate>', 'so many per second in the long run; may be below 1')
    .option('--burst <number>', 'so many at once after a pause; by default what the rate gives in a second')
    .addHelpText(
      'after',
      examples(
        "knhk rate-limits set 'tenant:*' 50 --burst 100",
        'knhk rate-limits set key:1f0c9a4be2d37a60 5',
        'knhk rate-limits set target:https://api.example.com 0.5',
        '',
        'On the server, if one answers; else in the data folder. Other processes see it within a few seconds.',
      ),
    )
    .action(async (name, rate, flags) => ended(await (await load()).rateLimitsSet(terminal(flags), name, rate, flags)));
  withPlace(command(limits, 'remove', 'remove a limit that was set; that of the deployment applies again, or none'))
    .argument('<name>', 'as it was set')
    .addHelpText('after', examples('knhk rate-limits remove tenant:acme'))
    .action(async (name, flags) => ended(await (await load()).rateLimitsRemove(terminal(flags), name, flags)));
}
