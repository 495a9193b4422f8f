import { regularInterval } from '../datetime/integer-picture.ts';
import { JsonataError } from '../errors.ts';
import { isObject, type Value } from '../value.ts';

/** The signs that a picture is written with, and those that the number is written with. */
export interface NumberSymbols {
  readonly decimal: string;
  readonly grouping: string;
  readonly exponent: string;
  readonly minus: string;
  readonly percent: string;
  readonly perMille: string;
  readonly zero: string;
  readonly optionalDigit: string;
  readonly patternSeparator: string;
}

const OPTION_NAMES: Readonly<Record<keyof NumberSymbols, readonly [name: string, standard: string]>> = {
  decimal: ['decimal-separator', '.'],
  grouping: ['grouping-separator', ','],
  exponent: ['exponent-separator', 'e'],
  minus: ['minus-sign', '-'],
  percent: ['percent', '%'],
  perMille: ['per-mille', '\u2030'],
  zero: ['zero-digit', '0'],
  optionalDigit: ['digit', '#'],
  patternSeparator: ['pattern-separator', ';'],
};

/** @throws JsonataError D3154 */
export function symbolsFrom(options: Value): NumberSymbols {
  const symbol = (key: keyof NumberSymbols): string => {
    const [name, standard] = OPTION_NAMES[key];
    if (!isObject(options) || !Object.hasOwn(options, name)) return standard;
    const value = options[name];
    if (typeof value !== 'string' || value === '') throw new JsonataError('D3154');
    return value;
  };
  return {
    decimal: symbol('decimal'),
    grouping: symbol('grouping'),
    exponent: symbol('exponent'),
    minus: symbol('minus'),
    percent: symbol('percent'),
    perMille: symbol('perMille'),
    zero: symbol('zero'),
    optionalDigit: symbol('optionalDigit'),
    patternSeparator: symbol('patternSeparator'),
  };
}

/** How numbers of one sign are written. */
export interface NumberFormat {
  readonly prefix: string;
  readonly suffix: string;
  /** 100 for percent, 1000 for per-mille, otherwise 1. */
  readonly factor: number;
  readonly minInteger: number;
  readonly minFraction: number;
  readonly maxFraction: number;
  /** 0 for no exponent. */
  readonly minExponent: number;
  /** Digits before the decimal sign when there is an exponent. */
  readonly scaling: number;
  /** Distance of the grouping signs of the integer part if they are regular, otherwise 0. */
  readonly interval: number;
  /** Places of irregular grouping signs, from the decimal sign to the left. */
  readonly integerGroups: readonly number[];
  /** Places of grouping signs, from the decimal sign to the right. */
  readonly fractionGroups: readonly number[];
  readonly showsDecimal: boolean;
}

/**
 * Parses a number picture (XPath and XQuery Functions and Operators 3.1, section 4.7) into the formats for positive and negative numbers.
 *
 * @throws JsonataError D3080 to D3093
 */
export function parseNumberPicture(picture: string, symbols: NumberSymbols): [NumberFormat, NumberFormat] {
  const [first = '', second, ...more] = picture.split(symbols.patternSeparator);
  if (more.length > 0) throw new JsonataError('D3080');
  const positive = new SubPicture(first, symbols).format();
  if (second === undefined) return [positive, { ...positive, prefix: symbols.minus + positive.prefix }];
  return [positive, new SubPicture(second, symbols).format()];
}

/** One of the two parts of a picture, taken apart. */
class SubPicture {
  private readonly text: string;
  private readonly symbols: NumberSymbols;
  private readonly digits: readonly string[];
  private readonly prefix: string;
  private readonly suffix: string;
  private readonly active: string;
  private readonly integer: string;
  private readonly fraction: string;
  private readonly mantissa: string;
  private readonly exponent: string | undefined;

  constructor(text: string, symbols: NumberSymbols) {
    this.text = text;
    this.symbols = symbols;
    const zero = symbols.zero.charCodeAt(0);
    this.digits = Array.from({ length: 10 }, (_, digit) => String.fromCharCode(zero + digit));
    const chars = text.split('');
    const isOuter = (char: string): boolean => !this.isActive(char) || char === symbols.exponent;
    const start = chars.findIndex((char) => !isOuter(char));
    const end = chars.findLastIndex((char) => !isOuter(char));
    this.prefix = text.slice(0, Math.max(0, start));
    this.suffix = end < 0 ? '' : text.slice(end + 1);
    this.active = text.slice(this.prefix.length, text.length - this.suffix.length);
    const exponentAt = this.active.indexOf(symbols.exponent);
    this.mantissa = exponentAt < 0 ? this.active : this.active.slice(0, exponentAt);
    this.exponent = exponentAt < 0 ? undefined : this.active.slice(exponentAt + 1);
    const decimalAt = this.mantissa.indexOf(symbols.decimal);
    this.integer = decimalAt < 0 ? this.mantissa : this.mantissa.slice(0, decimalAt);
    this.fraction = decimalAt < 0 ? '' : this.mantissa.slice(decimalAt + 1);
  }

  format(): NumberFormat {
    this.validate();
    const { integer, fraction, exponent, symbols } = this;
    const scaling = this.count(integer, false);
    let minInteger = scaling;
    let minFraction = this.count(fraction, false);
    let maxFraction = this.count(fraction, true);
    if (minInteger === 0 && maxFraction === 0) {
      if (exponent === undefined) minInteger = 1;
      else minFraction = maxFraction = 1;
    }
    if (exponent !== undefined && minInteger === 0 && integer.includes(symbols.optionalDigit)) minInteger = 1;
    if (minInteger === 0 && minFraction === 0) minFraction = 1;
    const integerGroups = this.groups(integer, (part, at) => part.slice(at));
    return {
      prefix: this.prefix,
      suffix: this.suffix,
      factor: this.text.includes(symbols.percent) ? 100 : this.text.includes(symbols.perMille) ? 1000 : 1,
      minInteger,
      minFraction,
      maxFraction,
      minExponent: exponent === undefined ? 0 : this.count(exponent, false),
      scaling,
      interval: regularInterval(integerGroups),
      integerGroups,
      fractionGroups: this.groups(fraction, (part, at) => part.slice(0, at)),
      showsDecimal: this.text.includes(symbols.decimal),
    };
  }

  private isActive(char: string): boolean {
    const { decimal, exponent, grouping, optionalDigit, patternSeparator } = this.symbols;
    return this.digits.includes(char) || [decimal, exponent, grouping, optionalDigit, patternSeparator].includes(char);
  }

  private count(part: string, withOptional: boolean): number {
    return part
      .split('')
      .filter((char) => this.digits.includes(char) || (withOptional && char === this.symbols.optionalDigit)).length;
  }

  /** Digits between the decimal sign and each grouping sign of a part. */
  private groups(part: string, towardsDecimal: (part: string, at: number) => string): number[] {
    const groups: number[] = [];
    for (let at = part.indexOf(this.symbols.grouping); at >= 0; at = part.indexOf(this.symbols.grouping, at + 1)) {
      groups.push(this.count(towardsDecimal(part, at), true));
    }
    return groups;
  }

  /** The last rule broken is the one reported, as in the reference implementation. */
  private validate(): void {
    const broken = this.rules().findLast(([, holds]) => !holds);
    if (broken !== undefined) throw new JsonataError(broken[0]);
  }

  private rules(): readonly (readonly [code: string, holds: boolean])[] {
    const { text, symbols, integer, fraction, exponent, mantissa } = this;
    const { decimal, grouping, percent, perMille, optionalDigit } = symbols;
    const once = (sign: string): boolean => text.indexOf(sign) === text.lastIndexOf(sign);
    const decimalAt = text.indexOf(decimal);
    const besideDecimal = [text.charAt(decimalAt - 1), text.charAt(decimalAt + 1)];
    const scaled = text.includes(percent) || text.includes(perMille);
    const digit = (part: string): boolean => this.count(part, false) > 0;
    const beforeOptional = integer.slice(0, Math.max(0, integer.indexOf(optionalDigit)));
    const lastOptional = fraction.lastIndexOf(optionalDigit);
    return [
      ['D3081', once(decimal)],
      ['D3082', once(percent)],
      ['D3083', once(perMille)],
      ['D3084', !(text.includes(percent) && text.includes(perMille))],
      ['D3085', this.count(mantissa, true) > 0],
      ['D3086', this.active.split('').every((char) => this.isActive(char))],
      ['D3087', decimalAt < 0 || !besideDecimal.includes(grouping)],
      ['D3088', decimalAt >= 0 || !integer.endsWith(grouping)],
      ['D3089', !text.includes(grouping + grouping)],
      ['D3090', !digit(beforeOptional)],
      ['D3091', lastOptional < 0 || !digit(fraction.slice(lastOptional))],
      ['D3092', exponent === undefined || exponent === '' || !scaled],
      ['D3093', exponent === undefined || (exponent !== '' && this.count(exponent, false) === exponent.length)],
    ];
  }
}
