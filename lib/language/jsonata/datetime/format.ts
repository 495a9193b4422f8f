import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { display } from '../value.ts';
import { componentOf, DAYS, MONTHS } from './calendar.ts';
import { formatInteger } from './integer.ts';
import { parseIntegerPicture } from './integer-picture.ts';
import { type Marker, type PicturePart, parsePicture } from './picture.ts';

const ISO_8601: readonly PicturePart[] = parsePicture('[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]');
const MINUTES = parseIntegerPicture('00');

/** Offset from UTC. Both numbers have its sign. */
interface Offset {
  readonly hours: number;
  readonly minutes: number;
}

/**
 * Writes a time by a picture (ISO 8601 where absent), in a zone given as `±hhmm` (UTC where absent).
 *
 * @throws JsonataError D3132 to D3135 for pictures, D3156 for a zone or time out of range
 */
export function formatDateTime(
  millis: number,
  picture: string | undefined,
  zone: string | undefined,
  run: Run,
): string {
  if (picture !== undefined) run.step(picture.length);
  run.string(40);
  const offset = parseOffset(zone);
  const date = new Date(millis + (offset.hours * 60 + offset.minutes) * 60_000);
  if (Number.isNaN(date.getTime())) throw new JsonataError('D3156', { value: display(zone ?? millis) });
  return (picture === undefined ? ISO_8601 : parsePicture(picture))
    .map((part) => (part.type === 'literal' ? part.text : formatComponent(date, part, offset, run)))
    .join('');
}

function parseOffset(zone: string | undefined): Offset {
  if (zone === undefined) return { hours: 0, minutes: 0 };
  const offset = Number.parseInt(zone, 10);
  return { hours: Math.trunc(offset / 100), minutes: offset % 100 };
}

function formatComponent(date: Date, marker: Marker, offset: Offset, run: Run): string {
  switch (marker.component) {
    case 'Z':
    case 'z':
      return formatZone(marker, offset, run);
    case 'P':
      return inCase(date.getUTCHours() >= 12 ? 'pm' : 'am', marker.names === 'upper' ? 'upper' : 'lower');
    case 'C':
    case 'E':
      return 'ISO';
    default:
      return formatNumber(date, marker, run);
  }
}

function formatNumber(date: Date, marker: Marker, run: Run): string {
  const value = componentOf(date, marker.component);
  if (value === undefined) throw new JsonataError('D3132', { value: display(marker.component) });
  if (marker.names !== undefined) {
    const name = inCase(nameOf(value, marker.component), marker.names);
    return marker.maxWidth === undefined ? name : name.slice(0, marker.maxWidth);
  }
  if (marker.integer === undefined) return String(value);
  const shown = marker.yearDigits === undefined ? value : value % 10 ** marker.yearDigits;
  return formatInteger(shown, marker.integer, run);
}

function nameOf(value: number, component: string): string {
  const names = component === 'M' || component === 'x' ? MONTHS : component === 'F' ? DAYS : [];
  const name = names[value - 1];
  if (name === undefined) throw new JsonataError('D3133', { value: display(component) });
  return name;
}

function inCase(text: string, names: 'upper' | 'lower' | 'title'): string {
  if (names === 'title') return text;
  return names === 'upper' ? text.toUpperCase() : text.toLowerCase();
}

function formatZone(marker: Marker, offset: Offset, run: Run): string {
  const total = offset.hours * 100 + offset.minutes;
  if (total === 0 && marker.zulu) return 'Z';
  const sign = total >= 0 ? '+' : '';
  return (marker.component === 'z' ? 'GMT' : '') + sign + zoneDigits(marker, offset, total, run);
}

function zoneDigits(marker: Marker, offset: Offset, total: number, run: Run): string {
  const { integer } = marker;
  const digits = integer?.kind === 'decimal' ? integer.mandatory : 0;
  if (integer?.kind === 'decimal' && integer.regular !== undefined) return formatInteger(total, integer, run);
  if (integer === undefined || digits < 1 || digits > 4) throw new JsonataError('D3134', { value: String(digits) });
  if (digits > 2) return formatInteger(total, integer, run);
  const hours = formatInteger(offset.hours, integer, run);
  return offset.minutes === 0 ? hours : `${hours}:${formatInteger(Math.abs(offset.minutes), MINUTES, run)}`;
}
