/** Tests one UTF-16 unit. */
export type CharTest = (code: number) => boolean;

/** The syntax tree of a regular expression. */
export type Pattern =
  | { readonly type: 'char'; readonly test: CharTest /** The unit, if it is exactly one. */; readonly code?: number }
  | { readonly type: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly type: 'choice'; readonly options: readonly Pattern[] }
  | { readonly type: 'group'; readonly number: number; readonly body: Pattern }
  | {
      readonly type: 'repeat';
      readonly body: Pattern;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
      /** Groups inside, which every iteration clears: numbers from `firstGroup` up to, not including, `endGroup`. */
      readonly firstGroup: number;
      readonly endGroup: number;
    }
  | { readonly type: 'start' | 'end'; readonly multiline: boolean }
  | { readonly type: 'boundary'; readonly negated: boolean }
  | { readonly type: 'look'; readonly behind: boolean; readonly negated: boolean; readonly body: Pattern }
  | { readonly type: 'reference'; readonly numbers: readonly number[]; readonly ignoreCase: boolean };

export function isLineEnd(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029;
}

export function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isSpace(code: number): boolean {
  return (
    (code >= 9 && code <= 13) ||
    code === 32 ||
    code === 160 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** The form in which two units are compared when case does not matter (ECMA-262, Canonicalize without the `u` flag). */
export function canonical(code: number): number {
  if (code < 128) return code >= 97 && code <= 122 ? code - 32 : code;
  const upper = String.fromCharCode(code).toUpperCase();
  if (upper.length !== 1) return code;
  const result = upper.charCodeAt(0);
  return result < 128 ? code : result;
}
