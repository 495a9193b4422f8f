import { JsonataError } from '../errors.ts';
import { display } from '../value.ts';

/** A sign between digits, at a number of digits from the right. */
export interface Separator {
  readonly position: number;
  readonly character: string;
}

/** How to write an integer; the pictures of XPath's `format-integer`. */
export type IntegerFormat =
  | { readonly kind: 'letters' | 'roman'; readonly upper: boolean }
  | { readonly kind: 'words'; readonly letters: 'upper' | 'lower' | 'title'; readonly ordinal: boolean }
  | DecimalFormat
  /** A numbering sequence; known to the standard, not to this implementation. */
  | { readonly kind: 'sequence'; readonly token: string };

export interface DecimalFormat {
  readonly kind: 'decimal';
  readonly ordinal: boolean;
  /** Code point of the digit zero of the family in use. */
  readonly zero: number;
  readonly mandatory: number;
  readonly optional: number;
  /** The same sign every `position` digits. */
  readonly regular: Separator | undefined;
  /** Signs at irregular places, from the right; empty if `regular` is there. */
  readonly separators: readonly Separator[];
}

/** Code points of the zeros of the decimal digit families of the basic multilingual plane. */
const ZEROS = [
  0x30, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
  0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
  0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/** @throws JsonataError D3131 if digits of two families are mixed */
export function parseIntegerPicture(picture: string): IntegerFormat {
  const semicolon = picture.lastIndexOf(';');
  const primary = semicolon < 0 ? picture : picture.slice(0, semicolon);
  const ordinal = semicolon >= 0 && picture.charAt(semicolon + 1) === 'o';
  switch (primary) {
    case 'A':
    case 'a':
      return { kind: 'letters', upper: primary === 'A' };
    case 'I':
    case 'i':
      return { kind: 'roman', upper: primary === 'I' };
    case 'W':
      return { kind: 'words', letters: 'upper', ordinal };
    case 'w':
      return { kind: 'words', letters: 'lower', ordinal };
    case 'Ww':
      return { kind: 'words', letters: 'title', ordinal };
    default:
      return parseDigits(primary, ordinal);
  }
}

function parseDigits(picture: string, ordinal: boolean): IntegerFormat {
  let zero: number | undefined;
  let mandatory = 0;
  let optional = 0;
  const separators: Separator[] = [];
  for (const character of [...picture].reverse()) {
    const code = character.codePointAt(0) ?? 0;
    const family = ZEROS.find((start) => code >= start && code <= start + 9);
    if (family !== undefined) {
      if (zero !== undefined && zero !== family) throw new JsonataError('D3131');
      zero = family;
      mandatory++;
    } else if (character === '#') {
      optional++;
    } else {
      separators.push({ position: mandatory + optional, character });
    }
  }
  if (zero === undefined) return { kind: 'sequence', token: picture };
  const regular = regularSeparator(separators);
  return {
    kind: 'decimal',
    ordinal,
    zero,
    mandatory,
    optional,
    regular,
    separators: regular === undefined ? separators : [],
  };
}

/** The separator that repeats, if all are alike and evenly spaced. */
function regularSeparator(separators: readonly Separator[]): Separator | undefined {
  const [first] = separators;
  if (first === undefined || separators.some((other) => other.character !== first.character)) return undefined;
  const positions = separators.map((separator) => separator.position);
  const interval = regularInterval(positions);
  return interval === 0 ? undefined : { position: interval, character: first.character };
}

/** The distance of evenly spaced positions, 0 if they are not. */
export function regularInterval(positions: readonly number[]): number {
  if (positions.length === 0) return 0;
  const interval = positions.reduce(greatestCommonDivisor);
  return positions.every((_, index) => positions.includes((index + 1) * interval)) ? interval : 0;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** @throws JsonataError D3130 */
export function unsupportedSequence(token: string): never {
  throw new JsonataError('D3130', { value: display(token) });
}
