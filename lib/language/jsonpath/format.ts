import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';

/** A template of `States.Format`, taken apart: `literals` has one member more than there are holes. */
export interface FormatTemplate {
  readonly literals: readonly string[];
  readonly holes: number;
}

/** Takes a template apart; a string is what is wrong with it. */
export function compileFormatTemplate(source: string): FormatTemplate | string {
  const literals: string[] = [];
  let literal = '';
  for (let i = 0; i < source.length; i += 1) {
    const c = source.charAt(i);
    const following = source.charAt(i + 1);
    if (c === '\\' && following !== '' && "'\\{}".includes(following)) {
      literal += following;
      i += 1;
    } else if (c === '{') {
      if (following !== '}') return "Invalid template in States.Format: matching '}' not found for '{'.";
      literals.push(literal);
      literal = '';
      i += 1;
    } else if (c === '}') {
      return "Invalid template in States.Format: matching '{' not found for '}'.";
    } else {
      literal += c;
    }
  }
  literals.push(literal);
  return { literals, holes: literals.length - 1 };
}

export function parseFormatTemplate(value: Json): FormatTemplate | string {
  if (typeof value === 'string') return compileFormatTemplate(value);
  return 'Invalid arguments in States.Format: the first argument must be a string.';
}

/** In UTF-16 units. */
export const maximumFormatted = 8_000_000;

/** `undefined` if the text would be too long. */
export function formatTemplate(template: FormatTemplate, values: readonly Json[]): string | undefined {
  let text = template.literals[0] ?? '';
  for (const [i, value] of values.entries()) {
    text += formatText(value) + (template.literals[i + 1] ?? '');
    if (text.length > maximumFormatted) return undefined;
  }
  return text;
}

/** How a value shows in a formatted text. Arrays and objects show as in Java, the language of the original: `{a=1, b=[2, 3]}`. */
function formatText(value: Json): string {
  if (typeof value === 'string') return value;
  if (isJsonArray(value)) return `[${value.map(formatText).join(', ')}]`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.entries(value).map(([key, member]) => `${key}=${formatText(member)}`);
  return `{${members.join(', ')}}`;
}
