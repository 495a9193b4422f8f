/** Strings, and the signs that JSON is built of; all else between them is numbers, literals and space. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * An object from a line of evidence. Members of one name in an object are refused: of these some readers take the first
 * and others the last, so that what is checked would not be what is read.
 * @returns `undefined`: it is none.
 */
export function readJsonLine(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || repeatsMembers(text)) return undefined;
  return { ...value };
}

/** @param text valid JSON. */
function repeatsMembers(text: string): boolean {
  const open: Set<unknown>[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name: unknown = JSON.parse(last);
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    last = token;
  }
  return false;
}
