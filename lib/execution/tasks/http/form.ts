import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';

export type ArrayFormat = 'INDICES' | 'REPEAT' | 'COMMAS' | 'BRACKETS' | 'NONE';

const FORMATS: readonly string[] = ['INDICES', 'REPEAT', 'COMMAS', 'BRACKETS', 'NONE'];

export function isArrayFormat(value: Json | undefined): value is ArrayFormat {
  return typeof value === 'string' && FORMATS.includes(value);
}

/** A body as `application/x-www-form-urlencoded`: fields of objects stand in brackets, items as the format says. */
export function formEncoded(body: JsonObject, format: ArrayFormat): string {
  return Object.entries(body)
    .flatMap(([name, value]) => pairs(name, value, format))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

function pairs(name: string, value: Json, format: ArrayFormat): readonly (readonly [string, string])[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => pairs(`${name}[${key}]`, item, format));
  }
  if (!Array.isArray(value)) return [[name, textOf(value)]];
  switch (format) {
    case 'INDICES':
      return value.flatMap((item, index) => pairs(`${name}[${index}]`, item, format));
    case 'REPEAT':
      return value.flatMap((item) => pairs(name, item, format));
    case 'BRACKETS':
      return value.flatMap((item) => pairs(`${name}[]`, item, format));
    case 'COMMAS':
      return [[name, value.map(textOf).join(',')]];
    case 'NONE':
      return [[name, JSON.stringify(value)]];
  }
}

export function textOf(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
