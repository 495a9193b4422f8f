import { PathSyntaxError, type SyntaxErrorCode } from './errors.ts';

const descriptions = {
  'Path.Syntax': 'JSONPath',
  'ReferencePath.Syntax': 'reference path',
  'Intrinsic.Syntax': 'intrinsic function call',
  'Template.Field': 'field',
  'Choice.Rule': 'choice rule',
} as const;

/** Bounds how deep the parsers recurse and how long the chains of closures become. */
const maximumParts = 2000;

/** A position in a text that is being parsed. */
export class Cursor {
  readonly text: string;
  readonly code: SyntaxErrorCode;
  position = 0;
  private parts = 0;

  constructor(text: string, code: SyntaxErrorCode) {
    this.text = text;
    this.code = code;
  }

  /** The character here, or '' at the end. */
  get here(): string {
    return this.text.charAt(this.position);
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  startsWith(token: string): boolean {
    return this.text.startsWith(token, this.position);
  }

  /** Steps over the token if it is here. */
  take(token: string): boolean {
    if (!this.startsWith(token)) return false;
    this.position += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) this.fail(`expected "${token}"`);
  }

  /** Matches a sticky pattern here and steps over it. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  /** Counts one more step, term or call. */
  countPart(): void {
    this.parts += 1;
    if (this.parts > maximumParts) this.fail(`there are more than ${maximumParts} parts`);
  }

  skipSpace(): void {
    while (this.here === ' ' || this.here === '\t' || this.here === '\n' || this.here === '\r') this.position += 1;
  }

  fail(problem: string): never {
    const where = this.atEnd ? 'at the end' : `at character ${this.position + 1}`;
    const text = this.text.length > 200 ? `${this.text.slice(0, 200)}…` : this.text;
    throw new PathSyntaxError(this.code, `'${text}' is not a valid ${descriptions[this.code]}: ${problem} ${where}.`);
  }
}
