import { CommandFailed, EXIT, type ExitCode } from './exit.ts';
import { messageOf } from './files.ts';
import { program } from './program.ts';
import { ignoreClosedPipes, Screen } from './terminal.ts';

/** Runs the command that the arguments (those behind the script) name, and ends the process. */
export async function main(args: readonly string[]): Promise<never> {
  ignoreClosedPipes();
  outliveHandlers();
  let exitCode: ExitCode = EXIT.ok;
  try {
    await program((code) => {
      exitCode = code;
    }).parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = explain(error);
  }
  // Handlers may hold timers and sockets that nobody waits for any more.
  process.exit(exitCode);
}

/** Handlers run in this process: a promise that one of them forgot must not end the executions of all the others. */
function outliveHandlers(): void {
  process.on('unhandledRejection', (reason) => {
    const trace = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    process.stderr.write(
      `A promise was rejected and nobody looked: await or catch it in the handler that made it.\n${trace}\n`,
    );
  });
}

/** One sentence and a code for what a user can do something about; a trace for everything else, which is a bug. */
function explain(error: unknown): ExitCode {
  const screen = new Screen(process.stderr);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isExpected = typeof code === 'string' && code.startsWith('Knhk.');
  const text = isExpected
    ? `${messageOf(error)} (${code})`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  screen.line(`${screen.paint('red', 'knhk:')} ${text}`);
  return error instanceof CommandFailed ? error.exitCode : EXIT.error;
}
