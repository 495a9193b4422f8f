import { isJsonArray, type Json } from './json.ts';

/** How large a value may be that an expression makes: characters, and four for each value in it. About 64 MB as JSON. */
export const MAX_SIZE = 64_000_000;

/** How deep arrays and objects may be nested. */
export const MAX_NESTING = 1_000;

/** The size of a value, or what is wrong with it. A part that is shared counts each time, as it does where it is written down. */
export function sizeOf(value: Json): number | 'too large' | 'nested too deeply' {
  let size = 0;
  const measure = (part: Json, level: number): boolean => {
    size += typeof part === 'string' ? 4 + part.length : 4;
    if (typeof part !== 'object' || part === null) return true;
    if (level >= MAX_NESTING || size > MAX_SIZE) return false;
    if (isJsonArray(part)) return part.every((item) => measure(item, level + 1));
    for (const key in part) {
      size += key.length;
      const item = part[key];
      if (item !== undefined && !measure(item, level + 1)) return false;
    }
    return true;
  };
  if (measure(value, 0) && size <= MAX_SIZE) return size;
  return size > MAX_SIZE ? 'too large' : 'nested too deeply';
}
