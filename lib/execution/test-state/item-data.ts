import { ErrorName, StateError } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { ItemSource } from '../../model/plan.ts';
import { csvItems } from '../items/csv.ts';

/** The items in what an `ItemReader` finds. @throws StateError `States.ItemReaderFailed` */
export function readItems(data: string, source: ItemSource): Json {
  try {
    switch (source.inputType) {
      case 'CSV':
        return [...csvItems(data, source.csv ?? { delimiter: ',' })];
      case 'JSONL':
        return data
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line): Json => JSON.parse(line));
      default:
        return pointedAt(JSON.parse(data), source.itemsPointer);
    }
  } catch (error) {
    if (error instanceof StateError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StateError(ErrorName.itemReaderFailed, `Attempting to read the items failed: ${why}`);
  }
}

/** @param pointer RFC 6901; absent: the whole document. */
function pointedAt(document: Json, pointer: string | undefined): Json {
  let value: Json | undefined = document;
  for (const token of pointer === undefined ? [] : pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isJsonArray(value)) value = value[Number(key)];
    else value = isJsonObject(value) ? value[key] : undefined;
  }
  if (isJsonArray(value) || isJsonObject(value)) return value;
  throw new StateError(ErrorName.itemReaderFailed, `There is no array or object at '${pointer ?? ''}'.`);
}
