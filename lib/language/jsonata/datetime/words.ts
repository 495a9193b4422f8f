const SMALL = [
  ['Zero', 'Zeroth'],
  ['One', 'First'],
  ['Two', 'Second'],
  ['Three', 'Third'],
  ['Four', 'Fourth'],
  ['Five', 'Fifth'],
  ['Six', 'Sixth'],
  ['Seven', 'Seventh'],
  ['Eight', 'Eighth'],
  ['Nine', 'Ninth'],
  ['Ten', 'Tenth'],
  ['Eleven', 'Eleventh'],
  ['Twelve', 'Twelfth'],
  ['Thirteen', 'Thirteenth'],
  ['Fourteen', 'Fourteenth'],
  ['Fifteen', 'Fifteenth'],
  ['Sixteen', 'Sixteenth'],
  ['Seventeen', 'Seventeenth'],
  ['Eighteen', 'Eighteenth'],
  ['Nineteen', 'Nineteenth'],
] as const;
const TENS = ['Twenty', 'Thirty', 'Forty', 'Fifty', 'Sixty', 'Seventy', 'Eighty', 'Ninety'] as const;
const POWERS = ['Thousand', 'Million', 'Billion', 'Trillion'] as const;

/** A whole number of zero or more in English words, capitalized; trillions are the largest unit. */
export function numberToWords(value: number, ordinal: boolean): string {
  return below(value, '', ordinal);
}

/** `lead` joins the words to those of the larger units before them. */
function below(value: number, lead: '' | ' and ' | ', ', ordinal: boolean): string {
  if (value < 100) return (lead === ', ' ? ' and ' : lead) + upToHundred(value, ordinal);
  const [unit, word] = unitOf(value);
  const count = Math.floor(value / unit);
  const rest = value - count * unit;
  const words = `${lead === '' ? '' : ', '}${below(count, '', false)} ${word}`;
  if (rest > 0) return words + below(rest, ', ', ordinal);
  return ordinal ? `${words}th` : words;
}

function unitOf(value: number): readonly [unit: number, word: string] {
  if (value < 1000) return [100, 'Hundred'];
  const power = Math.min(Math.floor(Math.log10(value) / 3), POWERS.length);
  return [1000 ** power, POWERS[power - 1] ?? ''];
}

function upToHundred(value: number, ordinal: boolean): string {
  const small = SMALL[value];
  if (small !== undefined) return small[ordinal ? 1 : 0];
  const tens = TENS[Math.floor(value / 10) - 2] ?? '';
  const rest = value % 10;
  if (rest > 0) return `${tens}-${upToHundred(rest, ordinal)}`;
  return ordinal ? `${tens.slice(0, -1)}ieth` : tens;
}

const VALUES: ReadonlyMap<string, number> = new Map([
  ...SMALL.flatMap((words, value) => words.map((word): [string, number] => [word.toLowerCase(), value])),
  ...TENS.flatMap((word, index): [string, number][] => {
    const value = (index + 2) * 10;
    return [
      [word.toLowerCase(), value],
      [`${word.slice(0, -1).toLowerCase()}ieth`, value],
    ];
  }),
  ['hundred', 100],
  ['hundredth', 100],
  ...POWERS.flatMap((word, index): [string, number][] => {
    const value = 1000 ** (index + 1);
    return [
      [word.toLowerCase(), value],
      [`${word.toLowerCase()}th`, value],
    ];
  }),
]);

/** A pattern for numbers in words, as the source of a regular expression. */
export const WORDS_PATTERN = `(?:${[...VALUES.keys(), 'and', '[\\-, ]'].join('|')})+`;

/** The number that lower-case words stand for; `NaN` if a word is not one. */
export function wordsToNumber(text: string): number {
  const segments = [0];
  for (const word of text.split(/,\s|\sand\s|[\s\\-]/)) {
    const value = VALUES.get(word) ?? Number.NaN;
    const last = segments.pop() ?? 0;
    if (!(value < 100)) {
      segments.push(last * value);
    } else if (last >= 1000) {
      segments.push(last, value);
    } else {
      segments.push(last + value);
    }
  }
  return segments.reduce((sum, segment) => sum + segment, 0);
}
