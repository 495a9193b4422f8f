import type { MapItem } from './context.ts';
import type { Json } from './json.ts';
import type { BatchRule } from './plan.ts';
import type { MapRunItems } from './state.ts';

/** The items of a map run, one by one and in batches. */

export function itemAt({ values, keys, origins }: MapRunItems, index: number): MapItem {
  const key = keys?.[index];
  const source = origins === undefined ? undefined : originOf(origins, index);
  return {
    index,
    value: values[index] ?? null,
    ...(key === undefined ? {} : { key }),
    ...(source === undefined ? {} : { source }),
  };
}

function originOf(origins: NonNullable<MapRunItems['origins']>, index: number): string | undefined {
  let before = 0;
  for (const { uri, count } of origins) {
    before += count;
    if (index < before) return uri;
  }
  return undefined;
}

/** The inputs of the items from `first` on that go together: one at least, then as many as the rule allows. */
export function nextBatch(
  rule: BatchRule,
  { values }: MapRunItems,
  first: number,
  inputOf: (index: number) => Json,
): readonly Json[] {
  const { maxItems = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = rule;
  const batch: Json[] = [];
  let bytes = maxBytes === Number.POSITIVE_INFINITY ? 0 : bytesOf(batchInput(rule, []));
  for (let index = first; index < values.length && batch.length < maxItems; index += 1) {
    const input = inputOf(index);
    if (maxBytes !== Number.POSITIVE_INFINITY) {
      bytes += bytesOf(input) + (batch.length === 0 ? 0 : ','.length);
      if (batch.length > 0 && bytes > maxBytes) break;
    }
    batch.push(input);
  }
  return batch;
}

export function batchInput(rule: BatchRule | undefined, items: readonly Json[]): Json {
  return rule?.batchInput === undefined ? { Items: items } : { BatchInput: rule.batchInput, Items: items };
}

function bytesOf(value: Json): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
