import { Command } from 'commander';
import { addBreakerCommands } from './breaker-commands.ts';
import { command, type Ended, examples, terminal, withEngine, withServer } from './command.ts';
import { addDeadLetterCommands } from './dead-letter-commands.ts';
import { EXIT_HELP } from './exit.ts';
import { addKeyCommands } from './key-commands.ts';
import { addListCommands, withSearch } from './list-commands.ts';
import { addOutsideCommands } from './outside-commands.ts';
import { addParticipantCommands } from './participant-commands.ts';
import { addPoolCommands } from './pool-commands.ts';
import { addProvenanceCommands } from './provenance-commands.ts';
import { addRateLimitCommands } from './rate-limit-commands.ts';

/** The command line. Each command is loaded when it is called; `ended` is told how it ended. */
export function program(ended: Ended): Command {
  const root = new Command('knhk')
    .description('A workflow engine: Amazon States Language, durable, on this machine or in your AWS account.')
    .addHelpText(
      'after',
      `${EXIT_HELP}\n\nExamples:\n  knhk start\n  knhk run order.asl.json --input @order.json --watch\n  knhk executions --status FAILED`,
    )
    .showHelpAfterError("('knhk help' shows all commands)")
    .enablePositionalOptions();
  for (const add of [
    addStart,
    addServe,
    addRun,
    addListCommands,
    addShow,
    addHistory,
    addRedrive,
    addFork,
    addMigrate,
    addSuspend,
    addResume,
    addOutsideCommands,
    addValidate,
    addTest,
    addTestState,
    addRecord,
    addReplay,
    addSchema,
    addPatterns,
    addParticipantCommands,
    addPoolCommands,
    addBreakerCommands,
    addRateLimitCommands,
    addDeadLetterCommands,
    addKeyCommands,
    addProvenanceCommands,
  ])
    add(root, ended);
  return root;
}

function addStart(root: Command, ended: Ended): void {
  withEngine(
    command(root, 'start', 'show what it does: start the engine, register and run the examples, go on serving'),
  )
    .option('--port <port>', 'port to listen on; 0: a free one (env: PORT, default: 8080)')
    .addHelpText('after', examples('knhk start', 'PORT=9000 knhk start', 'knhk start --data-dir /tmp/try'))
    .action(async (flags) => ended(await (await import('./commands/start.ts')).start(terminal(flags), flags)));
}

function addServe(root: Command, ended: Ended): void {
  withEngine(command(root, 'serve', 'start the engine and serve its API; takes up what was running'))
    .option('--port <port>', 'port to listen on; 0: a free one (env: PORT, default: 8080)')
    .addHelpText(
      'after',
      examples(
        'knhk serve --handlers ./handlers.ts',
        'PORT=9000 KNHK_DATA_DIR=/var/lib/knhk knhk serve',
        'KNHK_LAMBDA_ENDPOINT=http://127.0.0.1:9001 knhk serve',
        'KNHK_AUTH=api-keys,access-keys KNHK_HOST=0.0.0.0 knhk serve',
      ),
    )
    .action(async (flags) => ended(await (await import('./commands/serve.ts')).serve(terminal(flags), flags)));
}

function addRun(root: Command, ended: Ended): void {
  withSearch(withEngine(withServer(command(root, 'run', 'run a definition and wait for its end'))))
    .argument('<file>', 'definition in the Amazon States Language; its name is the workflow’s')
    .option('--input <json>', 'input, as JSON or @file', '{}')
    .option('--name <name>', 'name of the execution; the same name and input start it only once')
    .option('--workflow <name>', 'name to register the definition under, other than the file’s')
    .option('--watch', 'show what happens, state by state')
    .option('--timeout <seconds>', 'wait no longer than this; the execution stays open')
    .addHelpText(
      'after',
      examples(
        `knhk run hello.asl.json --input '{"name":"world"}'`,
        'knhk run order.asl.json --input @order.json --watch',
        'knhk run order.asl.json --input @order.json --handlers ./handlers.ts --json | jq .output',
        '',
        'Runs on the server, if one answers; else, and with an option of the engine such as --data-dir or --handlers, in this process.',
        'The output goes to standard output, everything else to standard error.',
      ),
    )
    .action(async (file, flags) => ended(await (await import('./commands/run.ts')).run(terminal(flags), file, flags)));
}

function addShow(root: Command, ended: Ended): void {
  withServer(command(root, 'show', 'show an execution: status, input, output or error'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .option('--at <moment>', 'as it was then: a number in its history, commit:<number>, or a time')
    .option('--from <moment>', 'tell also what had changed since then')
    .addHelpText(
      'after',
      examples(
        'knhk show order/A-1001',
        'knhk show order/A-1001 --json | jq .output',
        'knhk show order/A-1001 --at 12',
        'knhk show order/A-1001 --from 2026-11-23T10:00:00Z --at 2026-11-23T11:00:00Z',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/show.ts')).show(terminal(flags), name, flags)),
    );
}

function addHistory(root: Command, ended: Ended): void {
  withServer(command(root, 'history', 'show what happened in an execution'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .addHelpText('after', examples('knhk history order/A-1001', "knhk history order/A-1001 --json | jq '.[].type'"))
    .action(async (name, flags) =>
      ended(await (await import('./commands/history.ts')).history(terminal(flags), name, flags)),
    );
}

function addRedrive(root: Command, ended: Ended): void {
  withServer(command(root, 'redrive', 'have an execution go on that failed, timed out or was aborted'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .option('--definition <file>', 'go on with this definition; it must have every state that is open')
    .option('--latest', 'go on with the definition that the workflow has now')
    .option('--wait <seconds>', 'wait so long for its end, at most 300')
    .addHelpText(
      'after',
      examples(
        'knhk redrive order/A-1001 --wait 60',
        'knhk redrive order/A-1001 --definition order.asl.json',
        'knhk redrive order/A-1001 --latest',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/redrive.ts')).redrive(terminal(flags), name, flags)),
    );
}

function addFork(root: Command, ended: Ended): void {
  withServer(command(root, 'fork', 'start an execution that goes on from where another one was'))
    .argument('<execution>', 'workflow/execution, or its ARN')
    .option('--at <moment>', 'go on from there: a number in its history, commit:<number>, or a time')
    .option('--name <name>', 'name of the new execution')
    .option('--input <json>', 'another input, as JSON or @file')
    .option('--variables <json>', 'variables over those that it had, as JSON or @file')
    .option('--definition <file>', 'go on with this definition; it must have what was open')
    .option('--latest', 'go on with the definition that the workflow has now')
    .option('--wait <seconds>', 'wait so long for its end, at most 300')
    .addHelpText(
      'after',
      examples(
        'knhk fork order/A-1001 --at 12 --name A-1001-again --wait 60',
        'knhk fork order/A-1001 --at 12 --variables \'{"price": 90}\'',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/fork.ts')).fork(terminal(flags), name, flags)),
    );
}

function addMigrate(root: Command, ended: Ended): void {
  withServer(command(root, 'migrate', 'have executions that run go on with another definition'))
    .argument('[execution]', 'workflow/execution, or its ARN')
    .option('--workflow <name>', 'instead: all that run of this workflow')
    .option('--definition <file>', 'go on with this definition; it must have every state that is open')
    .option('--latest', 'go on with the definition that the workflow has now')
    .option('--check', 'only tell which ones fit')
    .addHelpText(
      'after',
      examples(
        'knhk migrate --workflow order --latest --check',
        'knhk migrate --workflow order --latest',
        'knhk migrate order/A-1001 --definition order.asl.json',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/migrate.ts')).migrate(terminal(flags), name, flags)),
    );
}

function addSuspend(root: Command, ended: Ended): void {
  withServer(command(root, 'suspend', 'hold executions back: nothing in them begins until they are resumed'))
    .argument('[execution]', 'workflow/execution, or its ARN')
    .option('--workflow <name>', 'instead: all that run of this workflow')
    .option('--reason <text>', 'why; shown with the execution, and in its history')
    .addHelpText(
      'after',
      examples("knhk suspend order/A-1001 --reason 'wrong price list'", 'knhk suspend --workflow order'),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/suspend.ts')).suspend(terminal(flags), name, flags)),
    );
}

function addResume(root: Command, ended: Ended): void {
  withServer(command(root, 'resume', 'let executions that were suspended go on'))
    .argument('[execution]', 'workflow/execution, or its ARN')
    .option('--workflow <name>', 'instead: all that run of this workflow')
    .addHelpText('after', examples('knhk resume order/A-1001', 'knhk resume --workflow order'))
    .action(async (name, flags) =>
      ended(await (await import('./commands/suspend.ts')).resume(terminal(flags), name, flags)),
    );
}

function addValidate(root: Command, ended: Ended): void {
  command(root, 'validate', 'check definitions; no server is needed')
    .argument('<files...>', 'definitions in the Amazon States Language')
    .option('--plan', 'tell also which expressions are evaluated ahead of time, and which states are passed in one go')
    .addHelpText(
      'after',
      examples(
        'knhk validate order.asl.json',
        'knhk validate workflows/*.asl.json',
        'knhk validate order.asl.json --json | jq .findings',
      ),
    )
    .action(async (files, flags) =>
      ended(await (await import('./commands/validate.ts')).validate(terminal(flags), files, flags)),
    );
}

function addTest(root: Command, ended: Ended): void {
  command(root, 'test', 'test workflows in simulated time, with mocks for their tasks')
    .argument('<file...>', 'test files, folders of *.test.json, or mock configurations of Step Functions Local')
    .option('--case <text>', 'only cases whose name contains it')
    .option('--handlers <module>', 'functions without a mock: a module whose exports they are')
    .option('--lambda-endpoint <url>', 'functions without a mock: base URL of a Lambda Invoke API')
    .option('--real', 'really call other services without a mock, with the credentials in the environment')
    .option('--min-coverage <percent>', 'of all states and transitions; less is a failure')
    .addHelpText(
      'after',
      examples(
        'knhk test examples/order.test.json',
        'knhk test . --min-coverage 90',
        "knhk test order.test.json --json | jq '.coverage.missing'",
      ),
    )
    .action(async (files, flags) =>
      ended(await (await import('./commands/test.ts')).test(terminal(flags), files, flags)),
    );
}

function addTestState(root: Command, ended: Ended): void {
  command(root, 'test-state', 'test one state, with its task mocked or called; no server is needed')
    .argument('<file>', 'definition of a workflow, or of a single state')
    .option('--state <name>', 'the state of the workflow to test')
    .option('--input <json>', 'input, as JSON or @file', '{}')
    .option('--result <json>', 'mock: what the task, branches or items have given, as JSON or @file')
    .option('--error <name>', 'mock: the error that they have failed with')
    .option('--cause <text>', 'mock: the cause of the error')
    .option('--validation <mode>', 'how --result is checked: STRICT, PRESENT or NONE', 'STRICT')
    .option('--retries <number>', 'retries that the error has had before')
    .option('--failed-items <number>', 'items of a Map that have failed')
    .option('--variables <json>', 'variables, as JSON or @file')
    .option('--context <json>', 'the context object, as JSON or @file')
    .option('--handlers <module>', 'functions without a mock: a module whose exports they are')
    .option('--lambda-endpoint <url>', 'functions without a mock: base URL of a Lambda Invoke API')
    .addHelpText(
      'after',
      examples(
        'knhk test-state order.asl.json --state Ship --input @order.json --result \'{"Payload":{"id":7}}\'',
        'knhk test-state order.asl.json --state Ship --error Shop.Busy --retries 2',
        'knhk test-state order.asl.json --state Greet --handlers ./handlers.ts --json | jq .output',
      ),
    )
    .action(async (file, flags) =>
      ended(await (await import('./commands/test-state.ts')).testState(terminal(flags), file, flags)),
    );
}

function addRecord(root: Command, ended: Ended): void {
  withServer(command(root, 'record', 'make a test file of an execution: its tasks become mocks, its end is expected'))
    .argument('<execution>', 'workflow/execution, its ARN, or a file with its history in JSON')
    .option('--definition <file>', 'definition that the test names; by default <workflow>.asl.json')
    .addHelpText(
      'after',
      examples(
        'knhk record order/A-1001 > a-1001.test.json',
        'aws stepfunctions get-execution-history --execution-arn … --max-items 25000 > order.history.json',
        'knhk record order.history.json > order.test.json',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/record.ts')).record(terminal(flags), name, flags)),
    );
}

function addReplay(root: Command, ended: Ended): void {
  withServer(command(root, 'replay', 'run what an execution did once more, with what its tasks answered, and compare'))
    .argument('<execution>', 'workflow/execution, its ARN, or a file with its history in JSON')
    .option('--definition <file>', 'definition to run it with; by default what the workflow has now')
    .addHelpText(
      'after',
      examples(
        'knhk replay order/A-1001 --definition order.asl.json',
        'knhk history order/A-1001 --json > a-1001.json && knhk replay a-1001.json --definition order.asl.json',
        '',
        'Nothing is called and nothing is changed: tasks answer as they did then, and waits take no time.',
      ),
    )
    .action(async (name, flags) =>
      ended(await (await import('./commands/replay.ts')).replay(terminal(flags), name, flags)),
    );
}

function addSchema(root: Command, ended: Ended): void {
  command(root, 'schema', 'print the JSON Schema of definitions, for editors')
    .addHelpText('after', examples('knhk schema > definition.schema.json'))
    .action(async (flags) => ended((await import('./commands/schema.ts')).schema(terminal(flags))));
}

function addPatterns(root: Command, ended: Ended): void {
  command(root, 'patterns', 'list the 43 control-flow patterns, or print the example of one')
    .argument('[pattern]', 'WCP-1 … WCP-43')
    .addHelpText('after', examples('knhk patterns', 'knhk patterns WCP-16', 'knhk patterns WCP-16 > choice.asl.json'))
    .action(async (pattern, flags) =>
      ended(await (await import('./commands/patterns.ts')).patterns(terminal(flags), pattern)),
    );
}
