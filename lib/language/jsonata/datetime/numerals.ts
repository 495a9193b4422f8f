const ROMAN: readonly (readonly [value: number, numeral: string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];

/** Lower-case Roman numerals; as long as the number has thousands, so bound the number before. */
export function toRoman(value: number): string {
  let rest = value;
  let text = '';
  for (const [unit, numeral] of ROMAN) {
    const count = Math.floor(rest / unit);
    text += numeral.repeat(count);
    rest -= count * unit;
  }
  return text;
}

const ROMAN_DIGITS: Readonly<Record<string, number>> = { m: 1000, d: 500, c: 100, l: 50, x: 10, v: 5, i: 1 };

/** The value of lower-case Roman numerals; `NaN` if a letter is not one. */
export function fromRoman(text: string): number {
  let total = 0;
  let highest = 1;
  for (const digit of [...text].reverse()) {
    const value = ROMAN_DIGITS[digit] ?? Number.NaN;
    total += value < highest ? -value : value;
    highest = Math.max(highest, value);
  }
  return total;
}

/** Letters as in the columns of a spreadsheet: a … z, aa, ab, … */
export function toLetters(value: number, first: 'a' | 'A'): string {
  const base = first.charCodeAt(0);
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(((rest - 1) % 26) + base) + text;
  }
  return text;
}

export function fromLetters(text: string, first: 'a' | 'A'): number {
  const base = first.charCodeAt(0);
  let total = 0;
  for (let at = 0; at < text.length; at++) total = total * 26 + (text.charCodeAt(at) - base + 1);
  return total;
}
