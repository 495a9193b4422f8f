import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withServer } from './command.ts';

/** What people and systems outside do for executions, and tell them. */
export function addOutsideCommands(root: Command, ended: Ended): void {
  addWork(root.command('work').description('work items: list, start, complete, fail, return and delegate them'), ended);
  addEvent(root.command('event').description('events that executions wait for: send one'), ended);
  addItems(root.command('items').description('items of Maps that run: add some'), ended);
}

const ITEM = 'workflow/execution/state, or its id';

function addWork(work: Command, ended: Ended): void {
  withServer(command(work, 'list', 'list what waits for people and systems outside'))
    .option('--assignee <name>', 'only what is for this person, or what this one has started')
    .option('--candidate <name>', 'only what is on offer to this person among others')
    .option('--execution <execution>', 'only of this execution; tasks of activities and callbacks, too')
    .option('--limit <number>', 'at most so many, up to 1000', '100')
    .addHelpText(
      'after',
      examples('knhk work list', 'knhk work list --assignee anna', "knhk work list --json | jq -r '.[].id'"),
    )
    .action(async (flags) => ended(await (await import('./commands/work.ts')).workList(terminal(flags), flags)));
  withServer(command(work, 'start', 'take a work item; of several workers one gets it'))
    .argument('<item>', ITEM)
    .requiredOption('--worker <name>', 'who does it')
    .addHelpText('after', examples('knhk work start order/A-1001/Review --worker anna'))
    .action(async (item, flags) =>
      ended(await (await import('./commands/work.ts')).workStart(terminal(flags), item, flags)),
    );
  withServer(command(work, 'complete', 'end a work item with its output'))
    .argument('<item>', ITEM)
    .option('--output <json>', 'its output, as JSON or @file', '{}')
    .option('--worker <name>', 'who did it')
    .addHelpText('after', examples('knhk work complete order/A-1001/Review --output \'{"ok":true}\' --worker anna'))
    .action(async (item, flags) =>
      ended(await (await import('./commands/work.ts')).workComplete(terminal(flags), item, flags)),
    );
  withServer(command(work, 'fail', 'fail a work item'))
    .argument('<item>', ITEM)
    .option('--error <name>', 'the error')
    .option('--cause <text>', 'its cause')
    .option('--worker <name>', 'who did it')
    .addHelpText('after', examples('knhk work fail order/A-1001/Review --error Shop.Refused'))
    .action(async (item, flags) =>
      ended(await (await import('./commands/work.ts')).workFail(terminal(flags), item, flags)),
    );
  withServer(command(work, 'return', 'give a work item back, to be offered again'))
    .argument('<item>', ITEM)
    .option('--worker <name>', 'who had it')
    .addHelpText('after', examples('knhk work return order/A-1001/Review --worker anna'))
    .action(async (item, flags) =>
      ended(await (await import('./commands/work.ts')).workReturn(terminal(flags), item, flags)),
    );
  withServer(command(work, 'delegate', 'hand a work item to somebody else'))
    .argument('<item>', ITEM)
    .requiredOption('--to <name>', 'who is to do it')
    .option('--worker <name>', 'who has it, or is to do it so far')
    .addHelpText('after', examples('knhk work delegate order/A-1001/Review --worker anna --to bert'))
    .action(async (item, flags) =>
      ended(await (await import('./commands/work.ts')).workDelegate(terminal(flags), item, flags)),
    );
}

function addEvent(event: Command, ended: Ended): void {
  withServer(command(event, 'send', 'send an event to an execution, and tell what became of it'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .argument('<name>', 'name of the event')
    .option('--payload <json>', 'its payload, as JSON or @file', '{}')
    .option('--id <id>', 'tells it from others: a repeated one changes nothing; by default a UUID')
    .addHelpText('after', examples('knhk event send order/A-1001 paid --payload \'{"sum":42}\' --id payment-7'))
    .action(async (execution, name, flags) =>
      ended(await (await import('./commands/event.ts')).eventSend(terminal(flags), execution, name, flags)),
    );
}

function addItems(items: Command, ended: Ended): void {
  withServer(command(items, 'add', 'add items to a Map with "Dynamic": true that runs'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .argument('<state>', 'name of the Map')
    .argument('<items>', 'the items, an array as JSON or @file')
    .option('--id <id>', 'tells this request from others: a repeated one changes nothing; by default a UUID')
    .option('--activation <number>', "which of several Maps of that name that run, as 'GET …/open' numbers them")
    .addHelpText('after', examples('knhk items add order/A-1001 Parcels \'["p-4","p-5"]\''))
    .action(async (execution, state, given, flags) =>
      ended(
        await (await import('./commands/items.ts')).itemsAdd(
          terminal(flags),
          execution,
          { state, items: given },
          flags,
        ),
      ),
    );
}
