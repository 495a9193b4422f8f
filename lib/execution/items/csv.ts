import type { Json } from '../../model/json.ts';
import type { CsvDialect } from '../../model/plan.ts';
import { UnreadableItems } from './unreadable.ts';

const BACKSLASH = '\\';
const QUOTE = '"';

/**
 * Rows of delimited text, by the rules of Step Functions (developer guide, ItemReader): a field in double quotes may
 * hold delimiters, line ends, and quotes if they are doubled; a backslash makes a backslash, quote or delimiter behind
 * it plain text and vanishes before anything else. Lines without a character are no rows.
 */
export function* rowsOf(text: string, delimiter: string): Generator<readonly string[], undefined> {
  const scanner = new Scanner(text, delimiter);
  while (!scanner.atEnd) {
    const row = scanner.row();
    if (row !== undefined) yield row;
  }
}

class Scanner {
  readonly #text: string;
  readonly #delimiter: string;
  /** Where a field without quotes may end, or needs a closer look. */
  readonly #stop: RegExp;
  #at = 0;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#stop = new RegExp(`[\\\\\\r\\n${delimiter}]`, 'g');
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The row that begins here; `undefined` for an empty line. */
  row(): readonly string[] | undefined {
    const start = this.#at;
    const fields = [this.#field()];
    while (this.#text[this.#at] === this.#delimiter) {
      this.#at += 1;
      fields.push(this.#field());
    }
    const empty = this.#at === start;
    if (this.#text[this.#at] === '\r') this.#at += 1;
    if (this.#text[this.#at] === '\n') this.#at += 1;
    return empty ? undefined : fields;
  }

  #field(): string {
    let value = '';
    if (this.#text[this.#at] === QUOTE) {
      this.#at += 1;
      value = this.#quoted();
    }
    for (;;) {
      this.#stop.lastIndex = this.#at;
      const stop = this.#stop.exec(this.#text)?.index ?? this.#text.length;
      value += this.#text.slice(this.#at, stop);
      this.#at = stop;
      if (this.#text[stop] !== BACKSLASH) return value;
      value += this.#escaped();
    }
  }

  /** Up to the closing quote, or the end of the text if there is none. */
  #quoted(): string {
    let value = '';
    while (!this.atEnd) {
      const char = this.#text.charAt(this.#at);
      if (char === BACKSLASH) {
        value += this.#escaped();
      } else if (char !== QUOTE) {
        const next = this.#nextInQuotes();
        value += this.#text.slice(this.#at, next);
        this.#at = next;
      } else if (this.#text[this.#at + 1] === QUOTE) {
        value += QUOTE;
        this.#at += 2;
      } else {
        this.#at += 1;
        break;
      }
    }
    return value;
  }

  #nextInQuotes(): number {
    quoteOrBackslash.lastIndex = this.#at;
    return quoteOrBackslash.exec(this.#text)?.index ?? this.#text.length;
  }

  /** What a backslash leaves: what it protects, otherwise nothing. */
  #escaped(): string {
    const next = this.#text[this.#at + 1];
    const protects = next === BACKSLASH || next === QUOTE || next === this.#delimiter;
    this.#at += protects ? 2 : 1;
    return protects ? next : '';
  }
}

const quoteOrBackslash = /["\\]/g;

/** An object for each row, all values texts: what a row lacks is empty, what it has too many is left out. */
export function* csvItems(text: string, dialect: CsvDialect): Generator<Json> {
  const rows = rowsOf(text, dialect.delimiter);
  const headers = dialect.headers ?? rows.next().value;
  if (headers === undefined) return;
  if (new Set(headers).size < headers.length) throw new UnreadableItems('CSV headers cannot contain duplicates.');
  for (const row of rows) yield Object.fromEntries(headers.map((header, column) => [header, row[column] ?? '']));
}
