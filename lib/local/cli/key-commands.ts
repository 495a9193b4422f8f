import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withServer } from './command.ts';

/** Keys with which others call the engine. */
export function addKeyCommands(root: Command, ended: Ended): void {
  const keys = root.command('keys').description('keys with which others call the engine: create, list, revoke them');
  withPlace(command(keys, 'create', 'make a key; its secret is shown this once'))
    .argument('<name>', 'what people call it')
    .requiredOption(
      '--scope <scope...>',
      "what it may do: <area>:<verb>:<names>, as in 'executions:start:order-*'; '*' is all",
    )
    .option('--tenant <tenant>', 'it reaches only workflows and activities whose names begin with <tenant>--')
    .option('--days <number>', 'it expires after so many; by default never')
    .addHelpText(
      'after',
      examples(
        "knhk keys create ci --scope 'workflows:*' 'executions:*' --days 90",
        "knhk keys create shop --scope 'executions:start:order' --json | jq -r .secret",
        "knhk keys create sdk --access --scope '*'",
        '',
        'On the server, if one answers, with the API key in KNHK_API_KEY; else in the data folder.',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/keys.ts')).keysCreate(terminal(flags), name, flags)),
    );
  withPlace(command(keys, 'list', 'list keys, without their secrets'))
    .addHelpText('after', examples('knhk keys list', 'knhk keys list --access --json'))
    .action(async (flags) => ended(await (await import('./commands/keys.ts')).keysList(terminal(flags), flags)));
  withPlace(command(keys, 'revoke', 'revoke a key'))
    .argument('<id>', 'its id, as the list shows it')
    .addHelpText(
      'after',
      examples('knhk keys revoke 1f0c9a4be2d37a60', 'knhk keys revoke KNHK0A1B2C3D4E5F6071 --access'),
    )
    .action(async (id, flags) =>
      ended(await (await import('./commands/keys.ts')).keysRevoke(terminal(flags), id, flags)),
    );
}

function withPlace(added: Command): Command {
  return withServer(added)
    .option('--access', 'access keys, which sign requests as those of AWS do; by default API keys')
    .option('--data-dir <folder>', 'where everything is kept (env: KNHK_DATA_DIR, default: .knhk)');
}
