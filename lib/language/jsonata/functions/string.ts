import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { display, isArray } from '../value.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Definition, define } from './define.ts';

/** Strings; those that take patterns are in `pattern.ts`. Positions and lengths count Unicode code points. */
export const stringFunctions: readonly Definition[] = [
  define('substring', '<s-nn?:s>', 3, ([text, start, length], { run }) => {
    if (typeof text !== 'string') return undefined;
    return substring(text, typeof start === 'number' ? start : 0, typeof length === 'number' ? length : undefined, run);
  }),
  define('substringBefore', '<s-s:s>', 2, ([text, chars]) => {
    if (typeof text !== 'string') return undefined;
    const at = text.indexOf(String(chars));
    return at < 0 ? text : text.slice(0, at);
  }),
  define('substringAfter', '<s-s:s>', 2, ([text, chars]) => {
    if (typeof text !== 'string') return undefined;
    const at = text.indexOf(String(chars));
    return at < 0 ? text : text.slice(at + String(chars).length);
  }),
  mapping('lowercase', (text) => text.toLowerCase()),
  mapping('uppercase', (text) => text.toUpperCase()),
  mapping('trim', (text) => text.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '')),
  mapping('base64encode', encodeBase64),
  mapping('base64decode', decodeBase64),
  mapping('encodeUrlComponent', encodeURIComponent),
  mapping('encodeUrl', encodeURI),
  mapping('decodeUrlComponent', decodeURIComponent),
  mapping('decodeUrl', decodeURI),
  define('length', '<s-:n>', 1, ([text], { run }) => (typeof text === 'string' ? codePoints(text, run) : undefined)),
  define('pad', '<s-ns?:s>', 3, ([text, width, char], { run }) => {
    if (typeof text !== 'string') return undefined;
    const fill = typeof char === 'string' && char !== '' ? char : ' ';
    return pad(text, typeof width === 'number' ? Math.trunc(width) : 0, fill, run);
  }),
  define('join', '<a<s>s?:s>', 2, ([items, separator], { run }) => {
    if (!isArray(items)) return undefined;
    const between = typeof separator === 'string' ? separator : '';
    const length = items.reduce((sum: number, item) => sum + String(item).length + between.length, 0);
    run.step(items.length / 2);
    run.string(length);
    return items.join(between);
  }),
];

/** A function from a string to a string; `D3140` if the string is not what it decodes. */
function mapping(name: string, map: (text: string) => string): Definition {
  return define(name, '<s-:s>', 1, ([text], { run }) => {
    if (typeof text !== 'string') return undefined;
    run.string(text.length * 2);
    try {
      return map(text);
    } catch (error) {
      if (error instanceof URIError) throw new JsonataError('D3140', { value: display(text), token: name });
      throw error;
    }
  });
}

const SURROGATE = /[\ud800-\udfff]/;

function codePoints(text: string, run: Run): number {
  run.step(text.length / 16);
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function substring(text: string, start: number, length: number | undefined, run: Run): string {
  run.step(text.length / 16);
  const wide = SURROGATE.test(text);
  if (wide) run.array(text.length);
  const chars = wide ? Array.from(text) : text;
  const from = chars.length + start < 0 ? 0 : start;
  if (length !== undefined && length <= 0) return '';
  const to = length === undefined ? undefined : from >= 0 ? from + length : chars.length + from + length;
  const part = chars.slice(from, to);
  return typeof part === 'string' ? part : part.join('');
}

function pad(text: string, width: number, fill: string, run: Run): string {
  const missing = Math.abs(width) - codePoints(text, run);
  if (!(missing > 0)) return text;
  run.string(text.length + missing * 2);
  const chars = Array.from(fill);
  const whole = fill.repeat(Math.floor(missing / chars.length));
  const padding = whole + chars.slice(0, missing % chars.length).join('');
  return width > 0 ? text + padding : padding + text;
}
