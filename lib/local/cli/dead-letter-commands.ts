import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withPlace } from './command.ts';

/** Executions that were given up because the engine itself failed again and again. */
export function addDeadLetterCommands(root: Command, ended: Ended): void {
  const letters = root
    .command('dead-letters')
    .description('executions that the engine could not move on: list them, redrive them once the cause is removed');
  withPlace(command(letters, 'list', 'list them: since when, how often tried, and why'))
    .addHelpText('after', examples('knhk dead-letters list', 'knhk dead-letters list --json | jq -r .[].execution'))
    .action(async (flags) =>
      ended(await (await import('./commands/dead-letters.ts')).deadLettersList(terminal(flags), flags)),
    );
  withPlace(command(letters, 'redrive', 'let them go on'))
    .argument('[executions...]', 'their ARNs, as the list shows them; by default all')
    .addHelpText(
      'after',
      examples(
        'knhk dead-letters redrive',
        'knhk dead-letters redrive arn:aws:states:us-east-1:000000000000:execution:order:A-1001',
      ),
    )
    .action(async (executions, flags) =>
      ended(await (await import('./commands/dead-letters.ts')).deadLettersRedrive(terminal(flags), executions, flags)),
    );
  withPlace(command(letters, 'delete', 'take one from the list; the execution stays as it is'))
    .argument('<execution>', 'its ARN')
    .addHelpText(
      'after',
      examples('knhk dead-letters delete arn:aws:states:us-east-1:000000000000:execution:order:A-1001'),
    )
    .action(async (execution, flags) =>
      ended(await (await import('./commands/dead-letters.ts')).deadLettersDelete(terminal(flags), execution, flags)),
    );
}
