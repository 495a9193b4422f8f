import { load } from '../../../execution/definitions.ts';
import type { Finding, Optimizations } from '../../../language/index.ts';
import { type PatternUse, patternsOf } from '../../../patterns/index.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readText } from '../files.ts';
import type { Screen, Terminal } from '../terminal.ts';

/** Checks definitions in this process; with `plan`, tells also what is done of them ahead of time. */
export async function validate(
  terminal: Terminal,
  files: readonly string[],
  { plan: isShown = false }: { readonly plan?: boolean } = {},
): Promise<ExitCode> {
  const checked: Checked[] = [];
  for (const file of files) {
    const { findings, ...loaded } = load(await readText(file));
    const valid = loaded.plan !== undefined;
    const patterns = valid ? patternsOf(loaded.definition) : [];
    const plan = valid && isShown ? loaded.optimizations() : undefined;
    checked.push({ file, valid, findings, patterns, ...(plan === undefined ? {} : { plan }) });
    if (terminal.json) continue;
    printFindings(terminal.out, file, findings);
    const used = patterns.length === 0 ? '' : `, uses ${patterns.map(({ id }) => id).join(' ')}`;
    if (valid) terminal.out.line(`${file}: ${terminal.out.paint('green', 'valid')}${used}`);
    if (plan !== undefined) printPlan(terminal.out, file, plan);
  }
  if (terminal.json) terminal.out.line(JSON.stringify(asJson(checked), undefined, 2));
  return checked.every(({ valid }) => valid) ? EXIT.ok : EXIT.failed;
}

interface Checked {
  readonly file: string;
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** And where: see `knhk patterns`. */
  readonly patterns: readonly PatternUse[];
  readonly plan?: Optimizations;
}

/** One file gives one answer, several a list of them. */
function asJson(checked: readonly Checked[]): Checked | readonly Checked[] {
  const [first, ...others] = checked;
  return first !== undefined && others.length === 0 ? first : checked;
}

export function checkText(definition: string): readonly Finding[] {
  return load(definition).findings;
}

function printPlan(screen: Screen, file: string, { folded, fused }: Optimizations): void {
  for (const { pointer, expression } of folded) screen.line(`${file}: evaluated already at ${pointer}: ${expression}`);
  for (const { states } of fused) screen.line(`${file}: passed in one go: ${states.join(', ')}`);
}

/** A line for each, as compilers print it, so that editors find the place. */
export function printFindings(screen: Screen, file: string, findings: readonly Finding[]): void {
  for (const { severity, code, pointer, message, hint, line, column } of findings) {
    const label = screen.paint(severity === 'ERROR' ? 'red' : 'yellow', severity.toLowerCase());
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    const where = pointer === '' ? '' : ` at ${pointer}`;
    const meant = hint === undefined ? '' : `${/[.!?]$/.test(message) ? '' : '.'} ${hint}`;
    screen.line(`${place}: ${label} ${code}${where}: ${message}${meant}`);
  }
}
