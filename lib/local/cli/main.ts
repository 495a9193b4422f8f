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
  // What was written to a pipe may still be on its way.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Handlers may hold timers and sockets that nobody waits for any more.
  process.exit(exitCode);
}

/** Resolves once everything written before has left this process, or cannot any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

/** Handlers run in this process: an error that one of them forgot must not end the executions of all the others. */
function outliveHandlers(): void {
  const report = (what: string) => (reason: unknown) => {
    const trace = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    process.stderr.write(`${what}\n${trace}\n`);
  };
  process.on(
    'unhandledRejection',
    report('A promise was rejected and nobody looked: await or catch it in the handler that made it.'),
  );
  process.on(
    'uncaughtException',
    report('An error was thrown where nobody catches it, in a timer or an event of a handler: catch it there.'),
  );
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
