import { isNumeric } from '../convert.ts';
import { type Definition, define } from './define.ts';
import { type NumberFormat, type NumberSymbols, parseNumberPicture, symbolsFrom } from './number-picture.ts';
import { round } from './round.ts';

export const formatNumberFunction: Definition = define(
  'formatNumber',
  '<n-so?:s>',
  3,
  ([value, picture, options], { run }) => {
    if (typeof picture !== 'string' || !isNumeric(value)) return undefined;
    run.step(picture.length * 4);
    run.string(picture.length + 400);
    const symbols = symbolsFrom(options);
    const [positive, negative] = parseNumberPicture(picture, symbols);
    return formatNumber(value, value >= 0 ? positive : negative, symbols);
  },
);

/** Most decimal places that JavaScript writes. */
const MAX_PLACES = 100;

function formatNumber(value: number, format: NumberFormat, symbols: NumberSymbols): string {
  const { mantissa, exponent } = scaled(value * format.factor, format);
  const places = Math.min(format.maxFraction, MAX_PLACES);
  const [integer = '', fraction = ''] = digitsOf(round(mantissa, places), places).split('.');
  const whole = integer.replace(/^0+/, '').padStart(format.minInteger, '0');
  const part = fraction.replace(/0+$/, '').padEnd(format.minFraction, '0');
  const left = groupInteger(inFamily(whole, symbols), format, symbols.grouping);
  const right = groupFraction(inFamily(part, symbols), format.fractionGroups, symbols.grouping);
  const decimal = format.showsDecimal && right !== '' ? symbols.decimal : '';
  return format.prefix + left + decimal + right + exponentText(exponent, format, symbols) + format.suffix;
}

/** A mantissa with as many integer digits as the picture has, and its exponent. */
function scaled(value: number, format: NumberFormat): { mantissa: number; exponent: number | undefined } {
  if (format.minExponent === 0) return { mantissa: value, exponent: undefined };
  const most = 10 ** format.scaling;
  const least = 10 ** (format.scaling - 1);
  let mantissa = value;
  let exponent = 0;
  if (mantissa === 0 || !Number.isFinite(mantissa)) return { mantissa, exponent };
  for (; Math.abs(mantissa) < least; exponent--) mantissa *= 10;
  for (; Math.abs(mantissa) > most; exponent++) mantissa /= 10;
  return { mantissa, exponent };
}

function digitsOf(value: number, places: number): string {
  const magnitude = Math.abs(value);
  // From 1e21 on, toFixed gives exponents; such numbers have no fraction.
  return magnitude >= 1e21 && Number.isFinite(magnitude) ? BigInt(magnitude).toString() : magnitude.toFixed(places);
}

function inFamily(digits: string, symbols: NumberSymbols): string {
  if (symbols.zero === '0') return digits;
  const zero = symbols.zero.charCodeAt(0);
  return digits.replace(/[0-9]/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

function groupInteger(digits: string, format: NumberFormat, sign: string): string {
  const places =
    format.interval > 0
      ? Array.from(
          { length: Math.floor((digits.length - 1) / format.interval) },
          (_, index) => (index + 1) * format.interval,
        )
      : format.integerGroups.toSorted((a, b) => a - b);
  let result = digits;
  for (const place of places.toReversed()) {
    if (place < digits.length) result = insert(result, result.length - place, sign);
  }
  return result;
}

function groupFraction(digits: string, places: readonly number[], sign: string): string {
  let result = digits;
  for (const place of places.toReversed()) if (place < digits.length) result = insert(result, place, sign);
  return result;
}

function insert(text: string, at: number, sign: string): string {
  return text.slice(0, at) + sign + text.slice(at);
}

function exponentText(exponent: number | undefined, format: NumberFormat, symbols: NumberSymbols): string {
  if (exponent === undefined) return '';
  const digits = inFamily(String(Math.abs(exponent)).padStart(format.minExponent, '0'), symbols);
  return symbols.exponent + (exponent < 0 ? symbols.minus : '') + digits;
}
