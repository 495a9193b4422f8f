/** Compares strings by code point, the order of their UTF-8 bytes. JavaScript's own order is by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const FIRST_SURROGATE = 0xd800;
const BEHIND_SURROGATES = 0xe000;
const UNITS = 0x10000;

/** Puts surrogates, which stand for the code points from 0x10000 on, behind all other units. */
function rank(unit: number): number {
  return unit >= FIRST_SURROGATE && unit < BEHIND_SURROGATES ? unit + UNITS : unit;
}
