import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** What the definitions of commands share. */

export type Ended = (exitCode: ExitCode) => void;

interface Common {
  readonly json?: boolean;
}

export function command(root: Command, name: string, description: string): Command {
  return root.command(name).description(description).option('--json', 'JSON on standard output');
}

/** Options of commands that open the engine in this process. */
export function withEngine(added: Command): Command {
  return added
    .option('--data-dir <folder>', 'where everything is kept (env: KNHK_DATA_DIR, default: .knhk)')
    .option('--handlers <module>', 'functions: a module whose exports they are (env: KNHK_HANDLERS)')
    .option('--stages <module>', 'stages of the pipeline: a module whose default export they are (env: KNHK_STAGES)')
    .option('--lambda-endpoint <url>', 'functions: base URL of a Lambda Invoke API (env: KNHK_LAMBDA_ENDPOINT)')
    .option(
      '--buckets <folder>',
      'buckets of maps: a folder with a folder for each, or s3 (env: KNHK_BUCKETS, default: buckets)',
    );
}

/** Options of commands that talk to a server. */
export function withServer(added: Command): Command {
  return added.option(
    '--url <url>',
    'the server (env: KNHK_URL, default: http://localhost:8080, or the port that is configured)',
  );
}

/** Options of commands that talk to a server, or to the data folder where none runs. */
export function withPlace(added: Command): Command {
  return withServer(added).option(
    '--data-dir <folder>',
    'where everything is kept (env: KNHK_DATA_DIR, default: .knhk)',
  );
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n\nExit codes: see 'knhk --help'.`;
}

export function terminal({ json = false }: Common): Terminal {
  return openTerminal(json);
}
