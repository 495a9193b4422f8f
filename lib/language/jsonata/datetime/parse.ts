import { JsonataError } from '../errors.ts';
import { search } from '../regex/machine.ts';
import { parsePattern } from '../regex/parse.ts';
import { compileProgram } from '../regex/program.ts';
import type { Run } from '../run.ts';
import { display } from '../value.ts';
import { componentOf, DAYS, MONTHS } from './calendar.ts';
import { integerPattern, parseInteger } from './integer.ts';
import { type Marker, type PicturePart, parsePicture } from './picture.ts';

const ISO_8601 =
  /^(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$/;

/**
 * Milliseconds since the epoch of an ISO 8601 timestamp. Without a zone it is taken as UTC.
 *
 * @throws JsonataError D3110
 */
export function parseIsoTimestamp(text: string): number {
  const match = text.length > 100 ? null : ISO_8601.exec(text);
  if (match === null) throw new JsonataError('D3110', { value: display(text) });
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(orUndefined);
  const fraction = match[7] === undefined ? 0 : Math.trunc(Number(match[7].slice(0, 4)) * 1000);
  const valid = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour * 3600 + minute * 60 + second <= 86_400;
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second, fraction));
  // Date.UTC takes years below 100 for those of the twentieth century.
  date.setUTCFullYear(year + date.getUTCFullYear() - 2000, date.getUTCMonth(), date.getUTCDate());
  if (!valid) throw new JsonataError('D3110', { value: display(text) });
  return date.getTime() - zoneMinutes(match[8] ?? 'Z') * 60_000;
}

function orUndefined(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function zoneMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
}

/** Values of components by their letters. */
type Components = Map<string, number>;

/**
 * Milliseconds since the epoch of a timestamp that is written by a picture; nothing if it does not match. Components larger than the
 * largest given are those of `now`, smaller ones are the least possible.
 *
 * @throws JsonataError D3136 if components in between are missing; D3130 to D3135 for pictures
 */
export function parseDateTime(text: string, picture: string, now: number, run: Run): number | undefined {
  run.step(picture.length * 4);
  const readers = parsePicture(picture).map(reader);
  const pattern = `^${readers.map((part) => `(${part.pattern})`).join('')}$`;
  const found = search(compileProgram(parsePattern(pattern, 'i')), text, 0, run);
  if (found === undefined) return undefined;
  const components: Components = new Map();
  for (const [index, part] of readers.entries()) {
    if (part.read !== undefined) components.set(part.component, part.read(found.groups[index] ?? ''));
  }
  return components.size === 0 ? undefined : toMillis(components, new Date(now));
}

interface Reader {
  readonly component: string;
  /** Source of a regular expression without groups. */
  readonly pattern: string;
  readonly read: ((text: string) => number) | undefined;
}

function reader(part: PicturePart): Reader {
  if (part.type === 'literal') return { component: '', pattern: escaped(part.text), read: undefined };
  const { component, integer } = part;
  if (component === 'Z' || component === 'z') return zoneReader(part);
  if (component === 'f') {
    return { component, pattern: '[0-9]+', read: (text) => Number(`0.${text.slice(0, 3)}`) * 1000 };
  }
  if (integer !== undefined) {
    return {
      component,
      pattern: integerPattern(integer, part.parseWidth),
      read: (text) => parseInteger(text, integer),
    };
  }
  const values = namedValues(part);
  return { component, pattern: '[a-zA-Z]+', read: (text) => values.get(text.toLowerCase()) ?? Number.NaN };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function namedValues(marker: Marker): ReadonlyMap<string, number> {
  switch (marker.component) {
    case 'M':
    case 'x':
      return numbered(MONTHS, marker.maxWidth);
    case 'F':
      return numbered(DAYS, marker.maxWidth);
    case 'P':
      return new Map([
        ['am', 0],
        ['pm', 1],
      ]);
    default:
      throw new JsonataError('D3133', { value: display(marker.component) });
  }
}

function numbered(names: readonly string[], width: number | undefined): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name.slice(0, width).toLowerCase(), index + 1]));
}

function zoneReader(marker: Marker): Reader {
  const { component, integer } = marker;
  const separator = integer?.kind === 'decimal' ? integer.regular?.character : undefined;
  const prefix = component === 'z' ? 'GMT' : '';
  const minutes = separator === undefined ? '' : `${escaped(separator)}[0-9]+`;
  return {
    component,
    pattern: `${prefix}[-+][0-9]+${minutes}`,
    read: (text) => {
      const zone = text.slice(prefix.length);
      const sign = zone.startsWith('-') ? -1 : 1;
      const digits = zone.slice(1);
      const at = separator === undefined ? Math.min(2, digits.length) : digits.indexOf(separator);
      const rest = digits.slice(separator === undefined ? at : at + separator.length);
      return sign * (Number(digits.slice(0, at)) * 60 + Number(rest === '' ? 0 : rest));
    },
  };
}

function toMillis(components: Components, now: Date): number {
  const { date, time } = kinds(components);
  const order = { A: 'YMD', B: 'YD', C: 'XxwF', D: 'XWF' }[date] + { A: 'Hmsf', B: 'Phmsf' }[time];
  fillIn(components, order, now);
  // Week dates can be written, but not read.
  if (date === 'C' || date === 'D') throw new JsonataError('D3136');
  const at = (component: string): number => components.get(component) ?? 0;
  let month = Math.max(0, at('M') - 1);
  let day = at('D');
  if (date === 'B') {
    const derived = new Date(Date.UTC(at('Y'), 0) + (at('d') - 1) * 86_400_000);
    month = derived.getUTCMonth();
    day = derived.getUTCDate();
  }
  const hour = time === 'B' ? (at('h') % 12) + 12 * at('P') : at('H');
  const millis = Date.UTC(at('Y'), month, day, hour, at('m'), at('s'), at('f'));
  return millis - (at('Z') || at('z')) * 60_000;
}

/** Which combination of date and of time components a timestamp uses. */
function kinds(components: Components): { date: 'A' | 'B' | 'C' | 'D'; time: 'A' | 'B' } {
  const uses = (all: string, some: string): boolean => {
    const used = [...all].filter((component) => components.get(component));
    return used.length > 0 && used.every((component) => some.includes(component));
  };
  const usesDate = (some: string): boolean => uses('YXMxWwdD', some);
  const date = usesDate('YMD') ? 'A' : usesDate('Yd') ? 'B' : usesDate('Xxw') ? 'C' : usesDate('XW') ? 'D' : 'A';
  const time = uses('PHhmsf', 'Hmsf') ? 'A' : uses('PHhmsf', 'Phmsf') ? 'B' : 'A';
  return { date, time };
}

function fillIn(components: Components, order: string, now: Date): void {
  let started = false;
  let ended = false;
  for (const component of order) {
    if (components.has(component)) {
      if (ended) throw new JsonataError('D3136');
      started = true;
    } else if (started) {
      components.set(component, 'MDd'.includes(component) ? 1 : 0);
      ended = true;
    } else {
      components.set(component, componentOf(now, component) ?? 0);
    }
  }
}
