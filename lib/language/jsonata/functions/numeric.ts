import { JsonataError } from '../errors.ts';
import { display, type Value } from '../value.ts';
import { type Definition, define } from './define.ts';
import { round } from './round.ts';

/** Numbers and their conversion. */
export const numericFunctions: readonly Definition[] = [
  define('number', '<(nsb)-:n>', 1, ([value]) => toNumber(value)),
  define('abs', '<n-:n>', 1, ([value]) => (typeof value === 'number' ? Math.abs(value) : undefined)),
  define('floor', '<n-:n>', 1, ([value]) => (typeof value === 'number' ? Math.floor(value) : undefined)),
  define('ceil', '<n-:n>', 1, ([value]) => (typeof value === 'number' ? Math.ceil(value) : undefined)),
  define('round', '<n-n?:n>', 2, ([value, precision]) =>
    typeof value === 'number' ? round(value, typeof precision === 'number' ? precision : 0) : undefined,
  ),
  define('sqrt', '<n-:n>', 1, ([value]) => {
    if (typeof value !== 'number') return undefined;
    if (value < 0) throw new JsonataError('D3060', { index: 1, value: display(value) });
    return Math.sqrt(value);
  }),
  define('power', '<n-n:n>', 2, ([base, exponent]) => {
    if (typeof base !== 'number') return undefined;
    const result = typeof exponent === 'number' ? base ** exponent : Number.NaN;
    if (Number.isFinite(result)) return result;
    throw new JsonataError('D3061', { index: 1, value: display(base), value2: display(exponent) });
  }),
  define('formatBase', '<n-n?:s>', 2, ([value, base]) => {
    if (typeof value !== 'number') return undefined;
    const radix = typeof base === 'number' ? round(base, 0) : 10;
    if (radix < 2 || radix > 36) throw new JsonataError('D3100', { value: display(radix) });
    return round(value, 0).toString(radix);
  }),
];

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
const PREFIXED = /^(?:0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][0-1]+)$/;

function toNumber(value: Value): Value {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && value.length < 1_000 && (DECIMAL.test(value) || PREFIXED.test(value))) {
    const result = Number(value);
    if (Number.isFinite(result)) return result;
  }
  throw new JsonataError('D3030', { index: 1, value: display(value) });
}
