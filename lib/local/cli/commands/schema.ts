import { definitionSchema } from '../../../language/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the JSON Schema of definitions, for editors. */
export function schema(terminal: Terminal): ExitCode {
  terminal.out.line(JSON.stringify(definitionSchema(), undefined, 2));
  return EXIT.ok;
}
