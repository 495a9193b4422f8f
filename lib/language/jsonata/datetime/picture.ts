import { JsonataError } from '../errors.ts';
import { display } from '../value.ts';
import { type IntegerFormat, parseIntegerPicture } from './integer-picture.ts';

/** A marker such as `[Y0001]` or `[MNn,3-3]` of a date/time picture. */
export interface Marker {
  readonly type: 'marker';
  /** One letter: Y M D d F W w X x H h P m s f Z z C E. */
  readonly component: string;
  /** How a name is written, if the component is to be named. */
  readonly names: 'upper' | 'lower' | 'title' | undefined;
  readonly maxWidth: number | undefined;
  /** How the number is written; absent for names and for C and E. */
  readonly integer: IntegerFormat | undefined;
  /** Digits of the year to keep, from the right. */
  readonly yearDigits: number | undefined;
  /** Number of digits when reading, fixed because another number follows at once. */
  readonly parseWidth: number | undefined;
  /** `t`: the zone UTC is written `Z`. */
  readonly zulu: boolean;
}

export type PicturePart = { readonly type: 'literal'; readonly text: string } | Marker;

/** What a component looks like when its marker does not say. */
const DEFAULTS: Readonly<Record<string, string>> = {
  Y: '1',
  M: '1',
  D: '1',
  d: '1',
  F: 'n',
  W: '1',
  w: '1',
  X: '1',
  x: '1',
  H: '1',
  h: '1',
  P: 'n',
  m: '01',
  s: '01',
  f: '1',
  Z: '01:01',
  z: '01:01',
  C: 'n',
  E: 'n',
};

/** Components that are numbers. */
const NUMERIC = 'YMDdFWwXxHhmsf';

/**
 * Parses a date/time picture (XPath and XQuery Functions and Operators 3.1, section 9.8.4).
 *
 * @throws JsonataError D3132, D3135, D3131
 */
export function parsePicture(picture: string): PicturePart[] {
  const parts: PicturePart[] = [];
  let at = 0;
  while (at < picture.length) {
    const open = picture.indexOf('[', at);
    addLiteral(parts, picture.slice(at, open < 0 ? picture.length : open));
    if (open < 0) break;
    if (picture.charAt(open + 1) === '[') {
      parts.push({ type: 'literal', text: '[' });
      at = open + 2;
      continue;
    }
    const close = picture.indexOf(']', open);
    if (close < 0) throw new JsonataError('D3135');
    addMarker(parts, parseMarker(picture.slice(open + 1, close).replace(/\s+/g, '')));
    at = close + 1;
  }
  return parts;
}

function addLiteral(parts: PicturePart[], text: string): void {
  if (text !== '') parts.push({ type: 'literal', text: text.replaceAll(']]', ']') });
}

/** Adds a marker; a number right before it gets a fixed width, or it could not be told where it ends. */
function addMarker(parts: PicturePart[], marker: Marker): void {
  const before = parts.at(-1);
  if (isNumber(marker) && before?.type === 'marker' && before.integer !== undefined) {
    const width = before.integer.kind === 'decimal' ? before.integer.mandatory : undefined;
    parts[parts.length - 1] = { ...before, parseWidth: width };
  }
  parts.push(marker);
}

function isNumber(marker: Marker): boolean {
  return marker.names === undefined && NUMERIC.includes(marker.component);
}

function parseMarker(text: string): Marker {
  const component = text.charAt(0);
  const comma = text.lastIndexOf(',');
  const [min, max] = comma < 0 ? [] : widths(text.slice(comma + 1));
  const { presentation, modifier } = presentationOf(component, text.slice(1, comma < 0 ? text.length : comma));
  const names = namesOf(presentation);
  const zone = component === 'Z' || component === 'z';
  const counted = names === undefined && component !== '' && NUMERIC.includes(component);
  let integer: IntegerFormat | undefined;
  if (zone) integer = parseIntegerPicture(presentation);
  else if (counted) integer = parseIntegerPicture(modifier === '' ? presentation : `${presentation};${modifier}`);
  let yearDigits: number | undefined;
  if (counted && integer?.kind === 'decimal') {
    if (min !== undefined) integer = { ...integer, mandatory: Math.max(integer.mandatory, min) };
    if (component === 'Y') {
      if (max !== undefined) integer = { ...integer, mandatory: max };
      const digits = max ?? integer.mandatory + integer.optional;
      yearDigits = max !== undefined || digits >= 2 ? digits : undefined;
    }
  }
  return {
    type: 'marker',
    component,
    names,
    maxWidth: max,
    integer,
    yearDigits,
    parseWidth: undefined,
    zulu: modifier === 't',
  };
}

/** The two presentation modifiers: how it is written, and whether it is ordinal and so on. */
function presentationOf(component: string, text: string): { presentation: string; modifier: string } {
  const fallback = DEFAULTS[component];
  if (text === '') {
    if (fallback === undefined) throw new JsonataError('D3132', { value: display(component) });
    return { presentation: fallback, modifier: '' };
  }
  const last = text.slice(-1);
  if (text.length > 1 && 'atco'.includes(last)) return { presentation: text.slice(0, -1), modifier: last };
  return { presentation: text, modifier: '' };
}

function namesOf(presentation: string): Marker['names'] {
  if (presentation.startsWith('n')) return 'lower';
  if (presentation.startsWith('Nn')) return 'title';
  return presentation.startsWith('N') ? 'upper' : undefined;
}

function widths(text: string): [min: number | undefined, max: number | undefined] {
  const [min, max] = text.split('-', 2);
  return [width(min), width(max)];
}

function width(text: string | undefined): number | undefined {
  const value = Number.parseInt(text ?? '*', 10);
  return Number.isNaN(value) ? undefined : value;
}
