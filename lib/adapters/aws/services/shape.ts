/**
 * What the SDK says about the values of a request or an answer. Its clients carry it as nested arrays ("static schemas",
 * see `@smithy/types`): `[kind, namespace, name, traits, …]`, or a number for what is simple.
 */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'timestamp' | 'blob' | 'document' }
  | { readonly kind: 'list'; readonly item: () => Shape }
  | { readonly kind: 'map'; readonly value: () => Shape }
  | { readonly kind: 'structure'; readonly members: readonly Member[] };

export interface Member {
  readonly name: string;
  readonly shape: () => Shape;
  /** The service takes it to tell a repeated request from a new one. */
  readonly isIdempotencyToken: boolean;
}

/** The request and the answer of an operation, by the schema that a command has. */
export function operationShapes(schema: unknown): { readonly input: Shape; readonly output: Shape } | undefined {
  if (!Array.isArray(schema) || schema[0] !== OPERATION) return undefined;
  return { input: readShape(schema[4]), output: readShape(schema[5]) };
}

const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const UNION = 4;
const OPERATION = 9;
const LIST_OF_SIMPLE = 0b0100_0000;
const MAP_OF_SIMPLE = 0b1000_0000;

function readShape(ref: unknown): Shape {
  if (typeof ref === 'function') return readShape(ref());
  if (typeof ref === 'number') return simpleShape(ref);
  if (!Array.isArray(ref)) return ref === 'unit' ? { kind: 'structure', members: [] } : { kind: 'document' };
  // A member: what it refers to, and its traits.
  if (ref.length === 2) return readShape(ref[0]);
  const [kind, , , , content, types] = ref;
  switch (kind) {
    case LIST:
      return { kind: 'list', item: () => readShape(content) };
    case MAP:
      return { kind: 'map', value: () => readShape(types) };
    case STRUCTURE:
    case UNION:
      return { kind: 'structure', members: readMembers(content, types) };
    default:
      return readShape(content);
  }
}

function readMembers(names: unknown, types: unknown): readonly Member[] {
  if (!Array.isArray(names) || !Array.isArray(types)) return [];
  return names.map((name: unknown, index) => ({
    name: String(name),
    shape: () => readShape(types[index]),
    isIdempotencyToken: hasIdempotencyToken(types[index]),
  }));
}

/** Traits are an object, or a number whose third bit is this one. */
function hasIdempotencyToken(ref: unknown): boolean {
  const traits: unknown = Array.isArray(ref) && ref.length === 2 ? ref[1] : undefined;
  if (typeof traits === 'number') return (traits & 0b0100) !== 0;
  return typeof traits === 'object' && traits !== null && 'idempotencyToken' in traits;
}

function simpleShape(code: number): Shape {
  if ((code & MAP_OF_SIMPLE) !== 0) return { kind: 'map', value: () => simpleShape(code & ~MAP_OF_SIMPLE) };
  if ((code & LIST_OF_SIMPLE) !== 0) return { kind: 'list', item: () => simpleShape(code & ~LIST_OF_SIMPLE) };
  switch (code) {
    case 0:
      return { kind: 'text' };
    case 1:
    case 17:
    case 19:
      return { kind: 'number' };
    case 2:
      return { kind: 'boolean' };
    case 4:
    case 5:
    case 6:
    case 7:
      return { kind: 'timestamp' };
    case 21:
    case 42:
      return { kind: 'blob' };
    default:
      return { kind: 'document' };
  }
}
