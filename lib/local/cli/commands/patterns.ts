import { readFile } from 'node:fs/promises';
import { patterns as all, type Pattern } from '../../../patterns/index.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns } from '../format.ts';
import type { Terminal } from '../terminal.ts';

/** Lists the control-flow patterns; of a single one it prints the example, which runs as it is. */
export async function patterns(terminal: Terminal, given: string | undefined): Promise<ExitCode> {
  if (given === undefined) listAll(terminal);
  else await showOne(terminal, patternOf(given));
  return EXIT.ok;
}

function listAll({ out, json }: Terminal): void {
  if (json) return out.line(JSON.stringify(all, undefined, 2));
  const rows = all.map(({ id, name, group }) => [id, name, group]);
  const [heading = [], ...cells] = columns([['PATTERN', 'NAME', 'GROUP'], ...rows]);
  out.line(out.paint('dim', heading.join('  ').trimEnd()));
  for (const row of cells) out.line(row.join('  ').trimEnd());
}

/** @throws CommandFailed */
function patternOf(given: string): Pattern {
  const wanted = /^(?:wcp-?)?0*(\d+)$/i.exec(given)?.[1];
  const found = all.find(({ number }) => String(number) === wanted);
  if (found !== undefined) return found;
  throw new CommandFailed(
    'Knhk.PatternNotFound',
    `Name a pattern from WCP-1 to WCP-43, not '${given}'.`,
    EXIT.notFound,
  );
}

async function showOne({ out, err, json }: Terminal, pattern: Pattern): Promise<void> {
  const definition = await readFile(new URL(`../../../../${pattern.example}`, import.meta.url), 'utf8');
  if (json) return out.line(JSON.stringify({ ...pattern, definition: JSON.parse(definition) }, undefined, 2));
  err.line(`${err.paint('bold', `${pattern.id} ${pattern.name}`)}: ${pattern.description}`);
  err.line(`In a definition: ${pattern.shownBy}`);
  err.line(`See ${pattern.page}.`);
  out.line(definition.trimEnd());
}
