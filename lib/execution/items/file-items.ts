import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { CsvDialect, ItemSet, ItemSource } from '../../model/plan.ts';
import { csvItems } from './csv.ts';
import { parquetItems } from './parquet.ts';
import { UnreadableItems } from './unreadable.ts';

export const defaultDialect: CsvDialect = { delimiter: ',' };

/** The items in the content of one file, at most `most`. */
export async function itemsIn(content: Uint8Array, source: ItemSource, most: number): Promise<ItemSet> {
  const { inputType } = source;
  if (inputType === undefined || inputType === 'MANIFEST') {
    throw new UnreadableItems("The field 'InputType' must say what the files are: CSV, JSON, JSONL or PARQUET.");
  }
  switch (inputType) {
    case 'JSON':
      return firstOf(jsonItems(textOf(content), source.itemsPointer ?? ''), most);
    case 'JSONL':
      return take(lineItems(textOf(content)), most);
    case 'CSV':
      return take(csvItems(textOf(content), source.csv ?? defaultDialect), most);
    case 'PARQUET':
      return parquetItems(content, most);
  }
}

/** UTF-8, without the byte order mark. */
export function textOf(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

export function take(items: Iterable<Json>, most: number): readonly Json[] {
  const taken: Json[] = [];
  if (most <= 0) return taken;
  for (const item of items) {
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}

export function sizeOf(items: ItemSet): number {
  return isJsonArray(items) ? items.length : Object.keys(items).length;
}

function firstOf(items: ItemSet, most: number): ItemSet {
  if (sizeOf(items) <= most) return items;
  return isJsonArray(items) ? items.slice(0, most) : Object.fromEntries(Object.entries(items).slice(0, most));
}

function jsonItems(text: string, pointer: string): ItemSet {
  const items = resolvePointer(parse(text, 'The file is no JSON'), pointer);
  if (isJsonArray(items) || isJsonObject(items)) return items;
  throw new UnreadableItems('Attempting to map over non-iterable node.');
}

function* lineItems(text: string): Generator<Json> {
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.trim() !== '') yield parse(line, `Line ${number} of the file is no JSON`);
  }
}

function parse(text: string, problem: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableItems(`${problem}: ${error instanceof Error ? error.message : error}`);
  }
}

/** JSON Pointer, RFC 6901. */
function resolvePointer(root: Json, pointer: string): Json {
  if (pointer === '') return root;
  let value: Json | undefined = pointer.startsWith('/') ? root : undefined;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isJsonArray(value)) value = /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  if (value !== undefined) return value;
  throw new UnreadableItems(
    'The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.',
  );
}
