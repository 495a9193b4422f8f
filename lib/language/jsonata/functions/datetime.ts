import { formatDateTime } from '../datetime/format.ts';
import { formatInteger, parseInteger } from '../datetime/integer.ts';
import { parseIntegerPicture } from '../datetime/integer-picture.ts';
import { parseDateTime, parseIsoTimestamp } from '../datetime/parse.ts';
import { JsonataError } from '../errors.ts';
import { display, type Value } from '../value.ts';
import { type Definition, define } from './define.ts';

/** Time, and integers by pictures. The time is the one that the evaluation was given. */
export const datetimeFunctions: readonly Definition[] = [
  define('now', '<s?s?:s>', 2, ([picture, zone], { run }) =>
    formatDateTime(run.sources.now, text(picture), text(zone), run),
  ),
  define('millis', '<:n>', 0, (_, { run }) => run.sources.now),
  define('fromMillis', '<n-s?s?:s>', 3, ([millis, picture, zone], { run }) =>
    typeof millis === 'number' ? formatDateTime(millis, text(picture), text(zone), run) : undefined,
  ),
  define('toMillis', '<s-s?:n>', 2, ([timestamp, picture], { run }) => {
    if (typeof timestamp !== 'string') return undefined;
    if (typeof picture !== 'string') return parseIsoTimestamp(timestamp);
    return parseDateTime(timestamp, picture, run.sources.now, run);
  }),
  define('formatInteger', '<n-s:s>', 2, ([value, picture], { run }) => {
    if (typeof value !== 'number' || typeof picture !== 'string') return undefined;
    run.string(picture.length * 4);
    return formatInteger(Math.floor(value), parseIntegerPicture(picture), run);
  }),
  define('parseInteger', '<s-s:n>', 2, ([value, picture], { run }) => {
    if (typeof value !== 'string' || typeof picture !== 'string') return undefined;
    run.string((value.length + picture.length) * 4);
    const result = parseInteger(value, parseIntegerPicture(picture));
    if (Number.isFinite(result)) return result;
    throw new JsonataError('D3030', { value: display(value) });
  }),
];

function text(value: Value): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
