import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { display } from '../value.ts';
import { type DecimalFormat, type IntegerFormat, unsupportedSequence } from './integer-picture.ts';
import { fromLetters, fromRoman, toLetters, toRoman } from './numerals.ts';
import { numberToWords, WORDS_PATTERN, wordsToNumber } from './words.ts';

/**
 * Writes an integer.
 *
 * @throws JsonataError D3130 for numbering sequences
 */
export function formatInteger(value: number, format: IntegerFormat, run: Run): string {
  if (!Number.isFinite(value)) throw new JsonataError('D1001', { value: display(value) });
  const text = formatMagnitude(Math.abs(value), format, run);
  return value < 0 ? `-${text}` : text;
}

function formatMagnitude(value: number, format: IntegerFormat, run: Run): string {
  switch (format.kind) {
    case 'letters':
      return toLetters(value, format.upper ? 'A' : 'a');
    case 'roman':
      run.string(value / 1000);
      return format.upper ? toRoman(value).toUpperCase() : toRoman(value);
    case 'words': {
      const words = numberToWords(value, format.ordinal);
      if (format.letters === 'title') return words;
      return format.letters === 'upper' ? words.toUpperCase() : words.toLowerCase();
    }
    case 'decimal':
      return formatDecimal(value, format, run);
    case 'sequence':
      return unsupportedSequence(format.token);
  }
}

function formatDecimal(value: number, format: DecimalFormat, run: Run): string {
  run.string(format.mandatory);
  let text = String(value).padStart(format.mandatory, '0');
  if (format.zero !== 0x30) {
    text = [...text].map((digit) => String.fromCodePoint(digit.charCodeAt(0) + format.zero - 0x30)).join('');
  }
  const digits = text.length;
  if (format.regular !== undefined) {
    const { position, character } = format.regular;
    for (let count = Math.floor((digits - 1) / position); position > 0 && count > 0; count--) {
      text = insert(text, text.length - count * position, character);
    }
  } else {
    for (const { position, character } of format.separators.toReversed()) {
      text = insert(text, text.length - position, character);
    }
  }
  return format.ordinal ? text + ordinalSuffix(text) : text;
}

function insert(text: string, at: number, character: string): string {
  return text.slice(0, Math.max(0, at)) + character + text.slice(Math.max(0, at));
}

function ordinalSuffix(digits: string): string {
  if (digits.at(-2) === '1') return 'th';
  switch (digits.at(-1)) {
    case '1':
      return 'st';
    case '2':
      return 'nd';
    case '3':
      return 'rd';
    default:
      return 'th';
  }
}

/** The source of a regular expression for integers of a format; `width` for a fixed number of digits. */
export function integerPattern(format: IntegerFormat, width: number | undefined): string {
  switch (format.kind) {
    case 'letters':
      return format.upper ? '[A-Z]+' : '[a-z]+';
    case 'roman':
      return format.upper ? '[MDCLXVI]+' : '[mdclxvi]+';
    case 'words':
      return WORDS_PATTERN;
    case 'decimal':
      return `[0-9]${width === undefined ? '+' : `{${width}}`}${format.ordinal ? '(?:th|st|nd|rd)' : ''}`;
    case 'sequence':
      return unsupportedSequence(format.token);
  }
}

/** Reads an integer of a format; `NaN` if the text is not one. */
export function parseInteger(text: string, format: IntegerFormat): number {
  switch (format.kind) {
    case 'letters':
      return fromLetters(text, format.upper ? 'A' : 'a');
    case 'roman':
      return fromRoman(text.toLowerCase());
    case 'words':
      return wordsToNumber(text.toLowerCase());
    case 'decimal': {
      let digits = format.ordinal ? text.slice(0, -2) : text;
      const signs = format.regular === undefined ? format.separators : [format.regular];
      for (const { character } of signs) digits = digits.replaceAll(character, '');
      if (format.zero !== 0x30) {
        digits = [...digits].map((digit) => String.fromCharCode(digit.charCodeAt(0) - format.zero + 0x30)).join('');
      }
      return Number.parseInt(digits, 10);
    }
    case 'sequence':
      return unsupportedSequence(format.token);
  }
}
