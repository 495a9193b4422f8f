import { load } from '../../../execution/definitions.ts';
import type { Finding } from '../../../language/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import type { Screen, Terminal } from '../terminal.ts';

/** Checks a definition in this process. */
export async function validate(terminal: Terminal, file: string): Promise<ExitCode> {
  const findings = checkText(await readText(file));
  const isValid = findings.every(({ severity }) => severity !== 'ERROR');
  if (terminal.json) terminal.out.line(JSON.stringify({ valid: isValid, findings }, undefined, 2));
  else {
    printFindings(terminal.out, file, findings);
    if (isValid) terminal.out.line(`${file}: ${terminal.out.paint('green', 'valid')}`);
  }
  return isValid ? EXIT.ok : EXIT.failed;
}

export function checkText(definition: string): readonly Finding[] {
  return load(definition).findings;
}

export function printFindings(screen: Screen, file: string, findings: readonly Finding[]): void {
  for (const { severity, code, pointer, message } of findings) {
    const label = screen.paint(severity === 'ERROR' ? 'red' : 'yellow', severity.toLowerCase());
    const where = pointer === '' ? '' : ` at ${pointer}`;
    screen.line(`${file}: ${label} ${code}${where}: ${message}`);
  }
}
