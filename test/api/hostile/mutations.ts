import * as fc from 'fast-check';
import { isJsonArray, isJsonObject, type Json } from '../../../lib/model/json.ts';

/** JSON that is nearly right: some places of a value are removed, doubled, swapped for something else, or added to. */

const deep = (depth: number): Json => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

/** What programs stumble over. */
export const odd: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', ' ', '$', '$$.Task.Token', '{% $x %}', '__proto__'),
  fc.constantFrom<Json>('\ud800', '\u0000', 'x'.repeat(5_000), '../..', 'constructor', '2026-02-30T25:00:00Z', 'a--b'),
  fc.constantFrom<Json>([], {}, [[]], deep(300), { toString: 1 }, JSON.parse('{"__proto__":{"a":1}}')),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);

type Path = readonly (string | number)[];

function pathsOf(value: Json, path: Path = []): readonly Path[] {
  if (isJsonArray(value)) return [path, ...value.flatMap((item, index) => pathsOf(item, [...path, index]))];
  if (!isJsonObject(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...path, name]))];
}

function at(value: Json, path: Path): Json {
  return path.reduce<Json>((inner, step) => (inner as Record<string, Json>)[step] ?? null, value);
}

/** `undefined` removes what is there. */
function replace(value: Json, [step, ...rest]: Path, to: Json | undefined): Json | undefined {
  if (step === undefined) return to;
  if (isJsonArray(value)) {
    return value.flatMap((item, index) => (index === step ? (replace(item, rest, to) ?? []) : [item])) as Json;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([name, item]): readonly (readonly [string, Json])[] => {
    if (name !== step) return [[name, item]];
    const changed = replace(item, rest, to);
    return changed === undefined ? [] : [[name, changed]];
  });
  return Object.fromEntries(entries);
}

interface Change {
  readonly kind: 'remove' | 'replace' | 'add' | 'move' | 'rename';
  readonly where: number;
  readonly from: number;
  readonly what: Json;
  readonly name: string;
}

function changed(value: Json, { kind, where, from, what, name }: Change): Json {
  const paths = pathsOf(value);
  const pick = (index: number) => paths[index % paths.length] ?? [];
  const path = pick(where);
  const here = at(value, path);
  switch (kind) {
    case 'remove':
      return replace(value, path, undefined) ?? null;
    case 'replace':
      return replace(value, path, what) ?? null;
    case 'move':
      return replace(value, path, at(value, pick(from))) ?? null;
    case 'add':
      return (isJsonObject(here) ? replace(value, path, { ...here, [name]: what }) : value) ?? null;
    case 'rename': {
      const last = path.at(-1);
      if (typeof last !== 'string') return value;
      const parent = path.slice(0, -1);
      const { [last]: moved = null, ...others } = at(value, parent) as Record<string, Json>;
      return replace(value, parent, { ...others, [name]: moved }) ?? null;
    }
  }
}

/** @param names of fields that are added, and that others get. */
export function mutated(corpus: readonly Json[], names: readonly string[]): fc.Arbitrary<Json> {
  const change: fc.Arbitrary<Change> = fc.record({
    kind: fc.constantFrom('remove', 'replace', 'add', 'move', 'rename'),
    where: fc.nat(10_000),
    from: fc.nat(10_000),
    what: odd,
    name: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
  });
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([value, changes]) => changes.reduce(changed, value));
}
