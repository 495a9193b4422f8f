import type { Finding } from '../../language/index.ts';

/**
 * The message with which Step Functions refuses a definition whose first error is a bad label of a Map. Unlike all
 * others it is the text of an error in Python with its arguments, then the whole definition. `undefined`: it is another
 * error that comes first.
 */
export function labelRefusal(definition: string, findings: readonly Finding[]): string | undefined {
  const first = findings.find(({ severity }) => severity === 'ERROR');
  if (first?.code !== 'INVALID_LABEL_NAME') return undefined;
  return `Error=ValueError Args=[${literal(argument(first.message))}] in definition '${definition}'.`;
}

const QUOTED_CHARACTER = /^(Label contains invalid character: )'(.*)'$/su;

/** Within the sentence, the character stands as a literal of its own. */
function argument(message: string): string {
  return message.replace(QUOTED_CHARACTER, (_, words: string, character: string) => words + literal(character));
}

/** A string as Python's `repr` writes it. */
function literal(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + Array.from(text, (character) => escaped(character, quote)).join('') + quote;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const HEX = 16;

function escaped(character: string, quote: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (character === quote) return `\\${quote}`;
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(HEX).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(HEX).padStart(4, '0')}` : `\\U${code.toString(HEX).padStart(8, '0')}`;
}
