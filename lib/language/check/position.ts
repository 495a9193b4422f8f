/** A place in a text, both counted from 1; columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where in a JSON text the values stand that JSON pointers (RFC 6901) lead to; of the member of an object, its name. */
export function positionsIn(text: string, pointers: ReadonlySet<string>): ReadonlyMap<string, Position> {
  const found = new Map<string, number>();
  try {
    new Reader(text, pointers, found).read();
  } catch (error) {
    // What comes behind a mistake in the text has no place.
    if (!(error instanceof NoJson)) throw error;
  }
  const starts = lineStarts(text);
  return new Map([...found].map(([pointer, offset]) => [pointer, positionOf(offset, starts)]));
}

export function endOf(text: string): Position {
  return positionOf(text.length, lineStarts(text));
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function positionOf(offset: number, starts: readonly number[]): Position {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

class NoJson extends Error {}

const space = /[ \t\r\n]*/y;
const textToken = /"(?:[^"\\]|\\.)*"/sy;
const otherToken = /[^\s,\]}:]+/y;

/** An object or a list that the reader is inside of. */
interface Level {
  readonly pointer: string;
  readonly isObject: boolean;
  next: number;
}

/** Walks a JSON text without building its value, and without recursion: a text may be nested as deeply as it likes. */
class Reader {
  readonly #text: string;
  readonly #wanted: ReadonlySet<string>;
  readonly #found: Map<string, number>;
  #at = 0;

  constructor(text: string, wanted: ReadonlySet<string>, found: Map<string, number>) {
    this.#text = text;
    this.#wanted = wanted;
    this.#found = found;
  }

  read(): void {
    const levels: Level[] = [];
    this.#space();
    this.#note('');
    this.#value('', levels);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      this.#space();
      if (this.#take(level.isObject ? '}' : ']')) {
        levels.pop();
        continue;
      }
      if (level.next > 0 && !this.#take(',')) throw new NoJson();
      this.#space();
      const start = this.#at;
      const key = level.isObject ? this.#key() : String(level.next);
      level.next += 1;
      const pointer = `${level.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      this.#note(pointer, start);
      this.#value(pointer, levels);
    }
  }

  /** Reads a value, or the beginning of one that has others in it. */
  #value(pointer: string, levels: Level[]): void {
    if (this.#take('{')) levels.push({ pointer, isObject: true, next: 0 });
    else if (this.#take('[')) levels.push({ pointer, isObject: false, next: 0 });
    else if (this.#match(textToken) === undefined && this.#match(otherToken) === undefined) throw new NoJson();
  }

  #key(): string {
    const token = this.#match(textToken);
    this.#space();
    if (token === undefined || !this.#take(':')) throw new NoJson();
    this.#space();
    try {
      return String(JSON.parse(token));
    } catch {
      throw new NoJson();
    }
  }

  #note(pointer: string, offset = this.#at): void {
    if (this.#wanted.has(pointer)) this.#found.set(pointer, offset);
  }

  #space(): void {
    this.#match(space);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [token] = pattern.exec(this.#text) ?? [];
    if (token !== undefined) this.#at += token.length;
    return token;
  }
}
