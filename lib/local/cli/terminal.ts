import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** One of the two streams a command writes to: colours only where it is a terminal, and NO_COLOR is not set. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }
}

/** Where a command writes: what was asked for on standard output, everything about how it goes on standard error. */
export interface Terminal {
  readonly out: Screen;
  readonly err: Screen;
  /** What goes to standard output is JSON. */
  readonly json: boolean;
}

export function openTerminal(json: boolean): Terminal {
  return { out: new Screen(process.stdout), err: new Screen(process.stderr), json };
}

/** What the reader of a pipe no longer wants to read is no error. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
