import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withServer } from './command.ts';
import { collect } from './search-flags.ts';

export function addListCommands(root: Command, ended: Ended): void {
  withSearch(withServer(command(root, 'executions', 'list executions, newest first')))
    .option('--workflow <name>', 'only of this workflow; <workflow>/<label>: the children of its map runs')
    .option('--status <status>', 'only RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED')
    .option('--since <time>', 'only those that started then or later, as 2026-11-23T10:00:00Z')
    .option('--until <time>', 'only those that started then or earlier')
    .option('--limit <number>', 'at most so many, up to 1000', '20')
    .option('--count', 'instead: how many there are, by status')
    .addHelpText(
      'after',
      examples(
        'knhk executions',
        'knhk executions --workflow order --status RUNNING',
        'knhk executions --workflow order --attribute customer=c-7',
        'knhk executions --workflow order --since 2026-11-23T10:00:00Z --count',
        "knhk executions --json | jq -r '.[].arn'",
      ),
    )
    .action(async (flags) =>
      ended(await (await import('./commands/executions.ts')).executions(terminal(flags), flags)),
    );
  withServer(command(root, 'rebuild', 'bring the lists of executions in line with the log, while everything runs'))
    .addHelpText('after', examples('knhk rebuild --url https://api.example.com'))
    .action(async (flags) => ended(await (await import('./commands/rebuild.ts')).rebuild(terminal(flags), flags)));
}

/** The options of `SearchFlags`. */
export function withSearch(added: Command): Command {
  return added
    .option('--key <text>', 'business key')
    .option('--tag <text>', 'tag; may be given several times', collect)
    .option('--attribute <name=value>', 'attribute; may be given several times', collect);
}
