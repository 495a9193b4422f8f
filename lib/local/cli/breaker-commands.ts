import type { Command } from 'commander';
import { command, type Ended, examples, terminal, withPlace } from './command.ts';

/** Circuit breakers: look at them, set what they go by, operate them. */
export function addBreakerCommands(root: Command, ended: Ended): void {
  const breakers = root
    .command('breakers')
    .description('circuit breakers of what tasks call: list, show, set, unset, open, close, reset them');
  withPlace(command(breakers, 'list', 'list breakers that something has happened to, or whose targets have a policy'))
    .addHelpText('after', examples('knhk breakers list', 'knhk breakers list --json'))
    .action(async (flags) =>
      ended(await (await import('./commands/breakers.ts')).breakersList(terminal(flags), flags)),
    );
  withPlace(command(breakers, 'show', 'show the breaker of a target: counts, last transitions, policy'))
    .argument('<target>', "a function's ARN, an origin, a resource, as the list shows it")
    .addHelpText('after', examples('knhk breakers show https://api.example.com'))
    .action(async (target, flags) =>
      ended(await (await import('./commands/breakers.ts')).breakersShow(terminal(flags), target, flags)),
    );
  addSet(breakers, ended);
  withPlace(command(breakers, 'unset', 'remove a policy that was set; that of the deployment, or of *, applies again'))
    .argument('<target>', "as it was set, or '*'")
    .addHelpText('after', examples("knhk breakers unset '*'"))
    .action(async (target, flags) =>
      ended(await (await import('./commands/breakers.ts')).breakersUnset(terminal(flags), target, flags)),
    );
  for (const [order, description] of [
    ['open', 'stop all calls of a target, until the breaker is closed or reset'],
    ['close', 'let all calls through, whatever becomes of them, until the breaker is opened or reset'],
    ['reset', 'close a breaker and forget what happened: it watches on'],
  ] as const) {
    withPlace(command(breakers, order, description))
      .argument('<target>', 'as the list shows it')
      .addHelpText('after', examples(`knhk breakers ${order} https://api.example.com`))
      .action(async (target, flags) =>
        ended(await (await import('./commands/breakers.ts')).breakersOrder(terminal(flags), order, target, flags)),
      );
  }
}

function addSet(breakers: Command, ended: Ended): void {
  withPlace(command(breakers, 'set', 'set the policy of a target; what is left out has its default'))
    .argument('<target>', "a function's ARN, an origin, a resource; '*': all that have none of their own")
    .option('--failure-ratio <part>', 'it opens when so many calls of the window fail', '0.5')
    .option('--minimum-calls <number>', 'fewer calls in the window say nothing', '20')
    .option('--window <seconds>', 'how far back calls count', '60')
    .option('--slow <seconds>', 'a call that takes longer is slow; by default none is')
    .option('--slow-ratio <part>', 'it opens when so many calls of the window are slow', '0.8')
    .option('--open <seconds>', 'how long no call is made', '30')
    .option('--probes <number>', 'calls at the same time that try whether it works again', '2')
    .option('--probe-seconds <seconds>', 'such a call that has not ended gives its place to another one', '60')
    .option('--successes <number>', 'it closes after so many of them have succeeded', '3')
    .option('--park', 'while it is open, tasks wait; by default they fail with Knhk.CircuitOpen')
    .option('--ignore <error...>', "errors that say nothing bad about it, as in 'Shop.*'")
    .option('--off', 'the target has no breaker')
    .addHelpText(
      'after',
      examples(
        "knhk breakers set '*'",
        'knhk breakers set https://api.example.com --failure-ratio 0.3 --slow 5 --park',
        'knhk breakers set arn:aws:states:::sqs:sendMessage --off',
        '',
        'On the server, if one answers; else in the data folder. Other processes see it within a few seconds.',
      ),
    )
    .action(async (target, flags) =>
      ended(await (await import('./commands/breakers.ts')).breakersSet(terminal(flags), target, flags)),
    );
}
