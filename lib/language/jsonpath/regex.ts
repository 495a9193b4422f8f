import { type Pattern, parsePattern } from './regex-syntax.ts';

/**
 * A regular expression that is matched in time proportional to text × pattern, whatever the pattern: definitions come
 * from strangers, and a backtracking matcher can be made to hang. All alternatives are followed at once (Thompson 1968,
 * as described by Cox, "Regular Expression Matching Can Be Simple And Fast"). No groups are captured; lookaround and
 * back-references do not exist.
 */
export interface Regex {
  /** Whether the whole text matches. */
  readonly matches: (text: string) => boolean;
}

type Instruction =
  | {
      readonly kind: 'character';
      readonly accepts: (character: string) => boolean;
    }
  | {
      readonly kind: 'assert';
      readonly holds: (text: readonly string[], at: number) => boolean;
    }
  | { readonly kind: 'split'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'match' };

/** A pattern that takes more steps to unfold is refused. */
const maximumSize = 2_000;

class Program {
  readonly code: Instruction[] = [];
  size = 0;

  push(instruction: Instruction): number {
    return this.code.push(instruction) - 1;
  }

  /** Keeps a place for a jump whose target is not known yet. */
  reserve(): number {
    return this.push({ kind: 'match' });
  }
}

/** Compiles a pattern with the flags `i` and `s`; a string is what is wrong with it. */
export function compileRegex(source: string, flags: string): Regex | string {
  if (/[^is]/.test(flags)) return `unknown flag in "${flags}" (there are i and s)`;
  const pattern = parsePattern(source, {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
  });
  if (typeof pattern === 'string') return pattern;
  const program = new Program();
  if (!emit(pattern, program)) return 'this pattern is too large';
  program.push({ kind: 'match' });
  return { matches: (text) => run(program.code, [...text]) };
}

/** Appends the instructions of a pattern; false when they become too many. */
function emit(pattern: Pattern, program: Program): boolean {
  program.size += 1;
  if (program.size > maximumSize) return false;
  switch (pattern.kind) {
    case 'character':
      program.push({ kind: 'character', accepts: pattern.accepts });
      return true;
    case 'assert':
      program.push({ kind: 'assert', holds: pattern.holds });
      return true;
    case 'sequence':
      return pattern.items.every((item) => emit(item, program));
    case 'choice':
      return emitChoice(pattern.items, program);
    case 'repeat':
      return emitRepeat(pattern.item, pattern.least, pattern.most, program);
  }
}

function emitChoice(items: readonly Pattern[], program: Program): boolean {
  const jumps: number[] = [];
  for (const [position, item] of items.entries()) {
    if (position === items.length - 1) {
      if (!emit(item, program)) return false;
      break;
    }
    const split = program.reserve();
    if (!emit(item, program)) return false;
    jumps.push(program.reserve());
    program.code[split] = {
      kind: 'split',
      first: split + 1,
      second: program.code.length,
    };
  }
  for (const jump of jumps) program.code[jump] = { kind: 'jump', to: program.code.length };
  return true;
}

function emitRepeat(item: Pattern, least: number, most: number, program: Program): boolean {
  for (let i = 0; i < least; i += 1) if (!emit(item, program)) return false;
  if (most === Number.POSITIVE_INFINITY) {
    const split = program.reserve();
    if (!emit(item, program)) return false;
    program.push({ kind: 'jump', to: split });
    program.code[split] = {
      kind: 'split',
      first: split + 1,
      second: program.code.length,
    };
    return true;
  }
  for (let i = least; i < most; i += 1) {
    const split = program.reserve();
    if (!emit(item, program)) return false;
    program.code[split] = {
      kind: 'split',
      first: split + 1,
      second: program.code.length,
    };
  }
  return true;
}

function run(program: readonly Instruction[], text: readonly string[]): boolean {
  let current: number[] = [];
  let seen = new Set<number>();
  follow(program, 0, text, 0, current, seen);
  for (const [position, character] of text.entries()) {
    const following: number[] = [];
    seen = new Set();
    for (const at of current) {
      const instruction = program[at];
      if (instruction?.kind === 'character' && instruction.accepts(character)) {
        follow(program, at + 1, text, position + 1, following, seen);
      }
    }
    if (following.length === 0) return false;
    current = following;
  }
  return current.some((at) => program[at]?.kind === 'match');
}

/** Collects the instructions that wait for a character, or have matched, when control reaches `start`. */
function follow(
  program: readonly Instruction[],
  start: number,
  text: readonly string[],
  position: number,
  found: number[],
  seen: Set<number>,
): void {
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction === undefined) continue;
    if (instruction.kind === 'split') open.push(instruction.second, instruction.first);
    else if (instruction.kind === 'jump') open.push(instruction.to);
    else if (instruction.kind !== 'assert') found.push(at);
    else if (instruction.holds(text, position)) open.push(at + 1);
  }
}
