/**
 * Whether a command printed what the page shows. On the page, `…` stands for any text in a line, and for any lines
 * where it stands alone. Ids, times and durations may differ; so may the order of lines that begin with a duration,
 * since branches run side by side.
 */
export function differences(shown: string, printed: string): string | undefined {
  const wanted = inAnyOrder(normalised(shown));
  const given = inAnyOrder(normalised(printed));
  return matches(wanted, given)
    ? undefined
    : `The page shows\n\n${wanted.join('\n')}\n\nbut the command printed\n\n${given.join('\n')}\n`;
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, 'UUID'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, 'TIME'],
  // What took no time at all is printed without its duration.
  [/\b\d+\.\d\d? s,?(?=\s|$)/g, ''],
  [/\s+/g, ' '],
];

/** Lines that began with a duration keep a mark for it. */
const TIMED = '⏱';

function normalised(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const mark = /^\s*\d+\.\d\d? s\s/.test(line) ? TIMED : '';
      const plain = PATTERNS.reduce((rest, [pattern, name]) => rest.replaceAll(pattern, name), line);
      return `${mark}${plain.trim()}`;
    });
}

function inAnyOrder(lines: readonly string[]): readonly string[] {
  const ordered: string[] = [];
  let run: string[] = [];
  for (const line of lines) {
    if (line.startsWith(TIMED)) run.push(line);
    else {
      ordered.push(...run.sort(), line);
      run = [];
    }
  }
  return [...ordered, ...run.sort()];
}

function matches(wanted: readonly string[], given: readonly string[]): boolean {
  const [first, ...rest] = wanted;
  if (first === undefined) return given.length === 0;
  if (first !== '…') return given[0] !== undefined && lineMatches(first, given[0]) && matches(rest, given.slice(1));
  return given.some((_, skipped) => matches(rest, given.slice(skipped))) || matches(rest, []);
}

function lineMatches(wanted: string, given: string): boolean {
  const parts = wanted.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(given);
}
