type Accepts = (character: string) => boolean;
type Holds = (text: readonly string[], at: number) => boolean;

export type Pattern =
  | { readonly kind: 'character'; readonly accepts: Accepts }
  | { readonly kind: 'assert'; readonly holds: Holds }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly item: Pattern;
      readonly least: number;
      readonly most: number;
    };

export interface PatternFlags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

const maximumDepth = 100;

class PatternError extends Error {}

/** Parses literals, `.`, classes, groups, `|`, `^ $ \b \B` and `* + ? {m,n}`; a string is what is wrong. */
export function parsePattern(source: string, flags: PatternFlags): Pattern | string {
  try {
    const parser = new PatternParser(source, flags);
    return parser.parse();
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

const wordCharacter: Accepts = (c) => /^\w$/.test(c);
const classes: Readonly<Record<string, Accepts>> = {
  d: (c) => c >= '0' && c <= '9',
  D: (c) => !(c >= '0' && c <= '9'),
  s: (c) => /^\s$/.test(c),
  S: (c) => !/^\s$/.test(c),
  w: wordCharacter,
  W: (c) => !wordCharacter(c),
};
const controls: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
};

const wordBoundary: Holds = (text, at) => {
  const before = text[at - 1];
  const after = text[at];
  return (before !== undefined && wordCharacter(before)) !== (after !== undefined && wordCharacter(after));
};

class PatternParser {
  readonly characters: readonly string[];
  readonly flags: PatternFlags;
  at = 0;
  depth = 0;

  constructor(source: string, flags: PatternFlags) {
    this.characters = [...source];
    this.flags = flags;
  }

  parse(): Pattern {
    const pattern = this.choice();
    if (this.at < this.characters.length) throw new PatternError('unexpected ")" in the pattern');
    return pattern;
  }

  get here(): string | undefined {
    return this.characters[this.at];
  }

  take(character: string): boolean {
    if (this.here !== character) return false;
    this.at += 1;
    return true;
  }

  next(): string {
    const character = this.here;
    if (character === undefined) throw new PatternError('the pattern ends too early');
    this.at += 1;
    return character;
  }

  choice(): Pattern {
    const items = [this.sequence()];
    while (this.take('|')) items.push(this.sequence());
    return { kind: 'choice', items };
  }

  sequence(): Pattern {
    const items: Pattern[] = [];
    while (this.here !== undefined && this.here !== '|' && this.here !== ')') items.push(this.repetition());
    return { kind: 'sequence', items };
  }

  repetition(): Pattern {
    let item = this.atom();
    for (;;) {
      const bounds = this.bounds();
      if (bounds === undefined) return item;
      this.take('?'); // whether a repetition is lazy makes no difference to whether the whole text matches
      item = { kind: 'repeat', item, least: bounds.least, most: bounds.most };
    }
  }

  bounds(): { readonly least: number; readonly most: number } | undefined {
    const unlimited = Number.POSITIVE_INFINITY;
    if (this.take('*')) return { least: 0, most: unlimited };
    if (this.take('+')) return { least: 1, most: unlimited };
    if (this.take('?')) return { least: 0, most: 1 };
    if (this.here !== '{') return undefined;
    const text = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.characters.slice(this.at, this.at + 12).join(''));
    if (text === null) throw new PatternError('a "{" in the pattern must be {m}, {m,} or {m,n}, or escaped');
    this.at += text[0].length;
    const least = Number(text[1]);
    const most = text[2] === '' ? least : text[3] === '' ? unlimited : Number(text[3]);
    if (most < least) throw new PatternError('a repetition in the pattern has its bounds in the wrong order');
    return { least, most };
  }

  atom(): Pattern {
    const character = this.next();
    switch (character) {
      case '.':
        return {
          kind: 'character',
          accepts: this.flags.dotAll ? () => true : (c) => c !== '\n' && c !== '\r',
        };
      case '^':
        return { kind: 'assert', holds: (_, at) => at === 0 };
      case '$':
        return { kind: 'assert', holds: (text, at) => at === text.length };
      case '(':
        return this.group();
      case '[':
        return { kind: 'character', accepts: this.set() };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternError(`nothing to repeat before "${character}" in the pattern`);
      default:
        return { kind: 'character', accepts: this.literal(character) };
    }
  }

  group(): Pattern {
    if (this.take('?') && !this.take(':')) throw new PatternError('the pattern has a group that is not supported');
    this.depth += 1;
    if (this.depth > maximumDepth) throw new PatternError('the groups of the pattern are nested too deep');
    const inner = this.choice();
    this.depth -= 1;
    if (!this.take(')')) throw new PatternError('expected ")" in the pattern');
    return inner;
  }

  escape(): Pattern {
    const character = this.next();
    if (character === 'b') return { kind: 'assert', holds: wordBoundary };
    if (character === 'B') return { kind: 'assert', holds: (text, at) => !wordBoundary(text, at) };
    return {
      kind: 'character',
      accepts: classes[character] ?? this.literal(this.escaped(character)),
    };
  }

  escaped(character: string): string {
    if (character === 'u') {
      const digits = this.characters.slice(this.at, this.at + 4).join('');
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new PatternError('expected four hexadecimal digits after "\\u"');
      this.at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const control = controls[character];
    if (control !== undefined) return control;
    if (/[a-zA-Z0-9]/.test(character)) throw new PatternError(`"\\${character}" is not supported in a pattern`);
    return character;
  }

  literal(character: string): Accepts {
    if (!this.flags.ignoreCase) return (c) => c === character;
    const lower = character.toLowerCase();
    return (c) => c.toLowerCase() === lower;
  }

  set(): Accepts {
    const negated = this.take('^');
    const members: Accepts[] = [];
    do members.push(this.member());
    while (!this.take(']'));
    return negated ? (c) => !members.some((m) => m(c)) : (c) => members.some((m) => m(c));
  }

  member(): Accepts {
    const from = this.memberCharacter();
    if (typeof from !== 'string') return from;
    if (this.here !== '-' || this.characters[this.at + 1] === ']') return this.literal(from);
    this.at += 1;
    const to = this.memberCharacter();
    if (typeof to !== 'string' || to < from) throw new PatternError('the pattern has a range in the wrong order');
    const within: Accepts = (c) => c >= from && c <= to;
    return this.flags.ignoreCase ? (c) => within(c.toLowerCase()) || within(c.toUpperCase()) : within;
  }

  memberCharacter(): string | Accepts {
    const character = this.next();
    if (character !== '\\') return character;
    const escaped = this.next();
    return classes[escaped] ?? this.escaped(escaped);
  }
}
