import { DEFAULT_LIMITS } from '../jsonata/limits.ts';
import { search } from '../jsonata/regex/machine.ts';
import { parsePattern } from '../jsonata/regex/parse.ts';
import { compileProgram } from '../jsonata/regex/program.ts';
import { Run } from '../jsonata/run.ts';

/** A pattern of a schema. Its work is counted, since patterns can be made that take for ever on some texts. */
export interface SchemaPattern {
  /** Whether it matches somewhere in the text. Takes its work from `fuel`. @throws JsonataError L1001 where that is used up. */
  test(text: string, fuel: { left: number }): boolean;
}

/** Longer ones are refused. */
const MAX_CHARACTERS = 1_000;

const NOTHING = { now: 0, random: () => 0 };

/** What is wrong with a pattern; `undefined`: nothing. */
export function patternProblem(source: string): string | undefined {
  if (source.length > MAX_CHARACTERS) return `it has more than ${MAX_CHARACTERS} characters`;
  if (/(?<!\\)(?:\\\\)*\\(?:[pP]\{|u\{)/.test(source))
    return 'it uses Unicode properties or \\u{…}, which are not there';
  try {
    new RegExp(source);
    schemaPattern(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The syntax is ECMAScript's, without flags. */
export function schemaPattern(source: string): SchemaPattern {
  const program = compileProgram(parsePattern(source, ''));
  return {
    test: (text, fuel) => {
      const run = new Run({ ...DEFAULT_LIMITS, fuel: fuel.left }, NOTHING, () => undefined);
      const found = search(program, text, 0, run);
      fuel.left = run.fuel;
      return found !== undefined;
    },
  };
}
