import { JsonataSyntaxError } from '../errors.ts';
import { type CharTest, canonical, isDigit, isLineEnd, isSpace, isWord, type Pattern } from './pattern.ts';

/** Flags in force at a place of the pattern; `(?i:…)` changes them locally. */
interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

export interface ParsedPattern {
  readonly body: Pattern;
  /** Number of capturing groups. */
  readonly groups: number;
}

/**
 * Parses a regular expression in the syntax of ECMAScript without the `u` and `v` flags, with its legacy leniencies (Annex B). The
 * pattern must be one that `RegExp` accepts: errors are not looked for.
 *
 * @throws JsonataSyntaxError S0303 if groups nest too deeply
 */
export function parsePattern(source: string, flags: string): ParsedPattern {
  const parser = new PatternParser(source);
  const body = parser.choice({ ignoreCase: flags.includes('i'), multiline: flags.includes('m'), dotAll: false });
  return { body, groups: parser.groups };
}

/** Deepest nesting of groups. */
const MAX_DEPTH = 200;

class PatternParser {
  groups = 0;
  private at = 0;
  private depth = 0;
  private readonly source: string;
  /** Numbers of the groups of each name; alternatives may share one. */
  private readonly names = new Map<string, number[]>();
  private readonly total: number;

  constructor(source: string) {
    this.source = source;
    this.total = this.scanGroups();
  }

  choice(flags: Flags): Pattern {
    const options = [this.sequence(flags)];
    while (this.take('|')) options.push(this.sequence(flags));
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { type: 'choice', options };
  }

  private sequence(flags: Flags): Pattern {
    const items: Pattern[] = [];
    while (this.at < this.source.length && !this.sees('|') && !this.sees(')')) {
      const firstGroup = this.groups + 1;
      items.push(this.quantified(this.atom(flags), firstGroup));
    }
    return { type: 'sequence', items };
  }

  private quantified(body: Pattern, firstGroup: number): Pattern {
    const match = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/.exec(this.source.slice(this.at, this.at + 64));
    if (match === null) return body;
    this.at += match[0].length;
    const greedy = !this.take('?');
    const [least, most] = bounds(match);
    return { type: 'repeat', body, least, most, greedy, firstGroup, endGroup: this.groups + 1 };
  }

  private atom(flags: Flags): Pattern {
    const char = this.next();
    switch (char) {
      case '^':
        return { type: 'start', multiline: flags.multiline };
      case '$':
        return { type: 'end', multiline: flags.multiline };
      case '.':
        return { type: 'char', test: flags.dotAll ? () => true : (code) => !isLineEnd(code) };
      case '(':
        return this.parenthesis(flags);
      case '[':
        return { type: 'char', test: this.charClass(flags) };
      case '\\':
        return this.escape(flags);
      default:
        return unit(char.charCodeAt(0), flags);
    }
  }

  private parenthesis(flags: Flags): Pattern {
    if (!this.sees('?')) return this.capture(flags);
    this.next();
    const look = /^(?:<?[=!])/.exec(this.source.slice(this.at, this.at + 2));
    if (look !== null) {
      this.at += look[0].length;
      const body = this.closed(flags);
      return { type: 'look', behind: look[0].startsWith('<'), negated: look[0].endsWith('!'), body };
    }
    if (this.take('<')) {
      this.at = this.source.indexOf('>', this.at) + 1;
      return this.capture(flags);
    }
    const end = this.source.indexOf(':', this.at);
    const [on = '', off = ''] = this.source.slice(this.at, end).split('-');
    this.at = end + 1;
    return this.closed({
      ignoreCase: (flags.ignoreCase || on.includes('i')) && !off.includes('i'),
      multiline: (flags.multiline || on.includes('m')) && !off.includes('m'),
      dotAll: (flags.dotAll || on.includes('s')) && !off.includes('s'),
    });
  }

  private capture(flags: Flags): Pattern {
    this.groups++;
    const number = this.groups;
    return { type: 'group', number, body: this.closed(flags) };
  }

  private closed(flags: Flags): Pattern {
    this.depth++;
    if (this.depth > MAX_DEPTH) throw new JsonataSyntaxError('S0303', 0, { value: 'its groups nest too deeply' });
    const body = this.choice(flags);
    this.depth--;
    this.take(')');
    return body;
  }

  private escape(flags: Flags): Pattern {
    const char = this.source.charAt(this.at);
    if (char === 'b' || char === 'B') {
      this.at++;
      return { type: 'boundary', negated: char === 'B' };
    }
    const named = /^k<([^>]*)>/.exec(this.source.slice(this.at));
    if (named !== null && this.names.size > 0) {
      this.at += named[0].length;
      return { type: 'reference', numbers: this.names.get(named[1] ?? '') ?? [], ignoreCase: flags.ignoreCase };
    }
    const digits = /^[1-9][0-9]*/.exec(this.source.slice(this.at, this.at + 8));
    if (digits !== null && Number(digits[0]) <= this.total) {
      this.at += digits[0].length;
      return { type: 'reference', numbers: [Number(digits[0])], ignoreCase: flags.ignoreCase };
    }
    const test = this.classEscape(flags);
    return test === undefined ? unit(this.charEscape(), flags) : { type: 'char', test };
  }

  /** `\d`, `\w`, `\s` and their opposites. */
  private classEscape(flags: Flags): CharTest | undefined {
    const char = this.source.charAt(this.at);
    const test = CLASSES[char.toLowerCase()];
    if (test === undefined) return undefined;
    this.at++;
    const positive = folded(test, flags);
    return char === char.toLowerCase() ? positive : (code) => !positive(code);
  }

  /** One escaped character, after the backslash. */
  private charEscape(): number {
    const rest = this.source.slice(this.at, this.at + 5);
    const coded = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(rest);
    if (coded !== null) {
      this.at += coded[0].length;
      return Number.parseInt(coded[1] ?? coded[2] ?? '', 16);
    }
    const octal = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(rest);
    if (octal !== null) {
      this.at += octal[0].length;
      return Number.parseInt(octal[0], 8);
    }
    const control = /^c([A-Za-z])/.exec(rest);
    if (control?.[1] !== undefined) {
      this.at += 2;
      return control[1].charCodeAt(0) % 32;
    }
    if (rest.startsWith('c')) return '\\'.charCodeAt(0);
    const char = this.next();
    return CONTROLS[char] ?? char.charCodeAt(0);
  }

  private charClass(flags: Flags): CharTest {
    const negated = this.take('^');
    const tests: CharTest[] = [];
    while (this.at < this.source.length && !this.take(']')) {
      const from = this.classItem(flags);
      if (this.sees('-') && this.source.charAt(this.at + 1) !== ']') {
        this.at++;
        const to = this.classItem(flags);
        if (typeof from === 'number' && typeof to === 'number') {
          tests.push((code) => code >= from && code <= to);
          continue;
        }
        tests.push((code) => code === 45, asTest(to));
      }
      tests.push(asTest(from));
    }
    const test = folded((code) => tests.some((one) => one(code)), flags);
    return negated ? (code) => !test(code) : test;
  }

  private classItem(flags: Flags): number | CharTest {
    const char = this.next();
    if (char !== '\\') return char.charCodeAt(0);
    if (this.take('b')) return 8;
    return this.classEscape({ ...flags, ignoreCase: false }) ?? this.charEscape();
  }

  /** Counts the capturing groups ahead of parsing: references may precede them. */
  private scanGroups(): number {
    let count = 0;
    for (const match of this.source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?)|\(\?<([^=!>][^>]*)>/g)) {
      if (!match[0].startsWith('(')) continue;
      count++;
      const name = match[1];
      if (name !== undefined) this.names.set(name, [...(this.names.get(name) ?? []), count]);
    }
    return count;
  }

  private next(): string {
    const char = this.source.charAt(this.at);
    this.at++;
    return char;
  }

  private sees(char: string): boolean {
    return this.source.charAt(this.at) === char;
  }

  private take(char: string): boolean {
    if (!this.sees(char)) return false;
    this.at++;
    return true;
  }
}

const CLASSES: Readonly<Record<string, CharTest>> = { d: isDigit, w: isWord, s: isSpace };
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

function bounds(match: RegExpExecArray): [least: number, most: number] {
  switch (match[0]) {
    case '*':
      return [0, Number.POSITIVE_INFINITY];
    case '+':
      return [1, Number.POSITIVE_INFINITY];
    case '?':
      return [0, 1];
    default: {
      const least = Number(match[1]);
      if (match[2] === undefined) return [least, least];
      return [least, match[3] === '' || match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3])];
    }
  }
}

function unit(code: number, flags: Flags): Pattern {
  if (!flags.ignoreCase) return { type: 'char', test: (other) => other === code, code };
  const folded = canonical(code);
  return { type: 'char', test: (other) => canonical(other) === folded };
}

function asTest(item: number | CharTest): CharTest {
  return typeof item === 'number' ? (code) => code === item : item;
}

/** Ignores case if the flags say so: a unit is in the set if any unit of the same canonical form is. */
function folded(test: CharTest, flags: Flags): CharTest {
  if (!flags.ignoreCase) return test;
  return (code) => {
    if (test(code)) return true;
    const char = String.fromCharCode(code);
    const upper = canonical(code);
    return (
      test(upper) ||
      (char.toLowerCase().length === 1 &&
        canonical(char.toLowerCase().charCodeAt(0)) === upper &&
        test(char.toLowerCase().charCodeAt(0)))
    );
  };
}
