/** What a script can tell from how a command ended. */
export const EXIT = {
  ok: 0,
  /** Wrong usage, or the engine could not do it. */
  error: 1,
  /** The execution ended otherwise than SUCCEEDED, the definition is invalid, or a test failed. */
  failed: 2,
  /** No such file, workflow or execution. */
  notFound: 3,
  /** The execution was still open when the time given was over. */
  timeout: 4,
  /** No server answers. */
  unreachable: 5,
  /** Ctrl-C, before there was a result. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `
Exit codes:
  0  it worked; an execution that was waited for SUCCEEDED
  1  wrong usage, or the engine could not do it
  2  the execution did not succeed, the definition is invalid, or a test failed
  3  no such file, workflow or execution
  4  the execution was still open when --timeout was over
  5  no server answers at the URL
  130  interrupted by Ctrl-C before there was a result`;

/** Ends a command with one sentence on standard error. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  /** Stable. */
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, exitCode: ExitCode = EXIT.error) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}
