import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withPlace } from './command.ts';

/** What proves how executions went. */
export function addProvenanceCommands(root: Command, ended: Ended): void {
  withPlace(command(root, 'export', 'print the log of executions, with what proves it, as JSON Lines'))
    .argument('<executions...>', 'workflow/execution, or their ARNs')
    .addHelpText('after', examples('knhk export order/A-1001 > a-1001.jsonl'))
    .action(async (names, flags) =>
      ended(await (await import('./commands/export.ts')).exportLogs(terminal(flags), names, flags)),
    );
  command(root, 'verify', 'check what knhk export has printed; no server is needed')
    .argument('<file>', 'the exported JSON Lines, compressed by gzip or not')
    .requiredOption('--key <file>', 'public key of the ledger, as knhk ledger key prints it')
    .option('--ledger <files...>', 'archived periods of the ledger, for what has no receipt')
    .addHelpText('after', examples('knhk ledger key > ledger.pem', 'knhk verify a-1001.jsonl --key ledger.pem'))
    .action(async (file, flags) =>
      ended(await (await import('./commands/verify.ts')).verify(terminal(flags), file, flags)),
    );
  withPlace(
    command(root, 'erase', 'erase inputs, outputs and names of people from the log of a closed execution, for ever'),
  )
    .argument('<execution>', 'workflow/execution, or its ARN')
    .addHelpText('after', examples('knhk erase order/A-1001'))
    .action(async (name, flags) =>
      ended(await (await import('./commands/erase.ts')).erase(terminal(flags), name, flags)),
    );
  addArchiveCommands(root, ended);
  const ledger = root.command('ledger').description('the signed ledger of what has closed');
  withPlace(command(ledger, 'show', 'show what was signed last'))
    .addHelpText('after', examples('knhk ledger show', 'knhk ledger show --json | jq -r .root'))
    .action(async (flags) => ended(await (await import('./commands/ledger.ts')).ledgerShow(terminal(flags), flags)));
  withPlace(command(ledger, 'key', 'print the public key that receipts are checked with'))
    .addHelpText('after', examples('knhk ledger key > ledger.pem'))
    .action(async (flags) => ended(await (await import('./commands/ledger.ts')).ledgerKey(terminal(flags), flags)));
  withPlace(command(ledger, 'seal', 'take what has closed into the ledger now, instead of within the hour'))
    .addHelpText('after', examples('knhk ledger seal'))
    .action(async (flags) => ended(await (await import('./commands/ledger.ts')).ledgerSeal(terminal(flags), flags)));
  withPlace(command(ledger, 'check', 'check that the ledger goes on from how it was, with nothing of it changed'))
    .argument('<head>', 'what knhk ledger show --json printed then')
    .requiredOption('--key <file>', 'public key of the ledger, as knhk ledger key printed it')
    .addHelpText(
      'after',
      examples('knhk ledger show --json > head.json', 'knhk ledger check head.json --key ledger.pem'),
    )
    .action(async (file, flags) =>
      ended(await (await import('./commands/ledger-check.ts')).ledgerCheck(terminal(flags), file, flags)),
    );
}

function addArchiveCommands(root: Command, ended: Ended): void {
  const archive = root.command('archive').description('logs of closed executions that are kept under a lock');
  const commands = () => import('./commands/archive.ts');
  withPlace(command(archive, 'show', 'show what is archived of an execution, and until when'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .addHelpText('after', examples('knhk archive show order/A-1001'))
    .action(async (name, flags) => ended(await (await commands()).archiveShow(terminal(flags), name, flags)));
  withPlace(command(archive, 'open', 'print an archived log with its payloads, as JSON Lines; needs its key'))
    .argument('<file>', 'the archived object, as it was downloaded')
    .addHelpText('after', examples('knhk archive open 00000003.jsonl.gz > a-1001.jsonl'))
    .action(async (file, flags) => ended(await (await commands()).archiveOpen(terminal(flags), file, flags)));
  withPlace(command(archive, 'hold', 'put the archive of an execution under legal hold'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .addHelpText('after', examples('knhk archive hold order/A-1001'))
    .action(async (name, flags) => ended(await (await commands()).archiveHold(terminal(flags), name, true, flags)));
  withPlace(command(archive, 'release', 'lift the legal hold of the archive of an execution'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .addHelpText('after', examples('knhk archive release order/A-1001'))
    .action(async (name, flags) => ended(await (await commands()).archiveHold(terminal(flags), name, false, flags)));
}
