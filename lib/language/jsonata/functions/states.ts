import { toText } from '../convert.ts';
import { JsonataError } from '../errors.ts';
import type { HashAlgorithm, Run } from '../run.ts';
import { display, isArray, type Value } from '../value.ts';
import { type Definition, define } from './define.ts';

/** What AWS Step Functions adds to JSONata, and the functions that take randomness. */
export const statesFunctions: readonly Definition[] = [
  define('partition', '<an:a<a>>', 2, ([items, size], { run }) => {
    if (!isArray(items) || typeof size !== 'number') return undefined;
    const width = Math.floor(size);
    if (!(width >= 1)) throw new JsonataError('D3150', { index: 2, value: display(size) });
    run.array(items.length + items.length / width);
    const chunks: Value[] = [];
    for (let start = 0; start < items.length; start += width) chunks.push(items.slice(start, start + width));
    return chunks;
  }),
  define('range', '<nnn?:a<n>>', 3, ([from, to, step], { run }) => {
    if (typeof from !== 'number' || typeof to !== 'number') return undefined;
    return range(Math.floor(from), Math.floor(to), typeof step === 'number' ? Math.floor(step) : 1, run);
  }),
  define('hash', '<x-s:s>', 2, ([data, algorithm], { run }) => {
    if (data === undefined) return undefined;
    if (run.sources.hash === undefined) throw new JsonataError('D3155', { token: 'hash' });
    const text = toText(data, run);
    run.string(text.length);
    return run.sources.hash(text, algorithmOf(algorithm));
  }),
  define('random', '<n?:n>', 1, ([seed], { run }) => (typeof seed === 'number' ? seeded(seed) : run.sources.random())),
  define('uuid', '<:s>', 0, (_, { run }) => {
    run.step(16);
    return run.sources.uuid?.() ?? uuid(run.sources.random);
  }),
  define('parse', '<s-:x>', 1, ([text], { run }) => {
    if (typeof text !== 'string') return undefined;
    run.string(text.length * 4);
    run.built = true;
    try {
      // JSON.parse returns `any`; what it returns is JSON.
      const value: Value = JSON.parse(text);
      return value;
    } catch (error) {
      throw new JsonataError('D3153', { index: 1, value: error instanceof Error ? error.message : '' });
    }
  }),
];

function range(from: number, to: number, step: number, run: Run): Value {
  const size = Math.floor((to - from) / step) + 1;
  if (!Number.isFinite(size)) throw new JsonataError('D3151');
  if (size <= 0) return [];
  // As in Step Functions, a single number is that number, not a list of one.
  if (size === 1) return from;
  run.array(size);
  return Array.from({ length: size }, (_, index) => from + index * step);
}

function algorithmOf(name: Value): HashAlgorithm {
  switch (name) {
    case 'MD5':
    case 'SHA-1':
    case 'SHA-256':
    case 'SHA-384':
    case 'SHA-512':
      return name;
    default:
      throw new JsonataError('D3152', { index: 2, value: display(name) });
  }
}

/** A number that depends on the seed alone: one round of Mulberry32. */
function seeded(seed: number): number {
  let state = (Math.floor(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}

/** A version 4 UUID (RFC 9562) from 32 random hexadecimal digits. */
function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] ?? 0) % 4);
  const text = digits.map((digit) => digit.toString(16)).join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}
