import type { ParsedPattern } from './parse.ts';
import type { CharTest, Pattern } from './pattern.ts';

/** One instruction of the matching machine. Registers hold captures, counters and positions. */
export type Instruction =
  | { readonly op: 'char'; readonly test: CharTest; readonly back: boolean }
  /** Takes as many units as it can and gives them back one by one. */
  | { readonly op: 'run'; readonly test: CharTest; readonly least: number; readonly most: number }
  | { readonly op: 'jump'; readonly to: number }
  /** Goes on behind, and to `to` if that fails. */
  | { readonly op: 'split'; readonly to: number }
  | { readonly op: 'save'; readonly register: number }
  | { readonly op: 'set'; readonly register: number; readonly value: number }
  | {
      readonly op: 'loop';
      readonly counter: number;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
      readonly exit: number;
    }
  /** Begins an iteration of the loop of this counter; clears the captures from `first` up to, not including, `end`. */
  | { readonly op: 'iterate'; readonly counter: number; readonly first: number; readonly end: number }
  | { readonly op: 'start' | 'end'; readonly multiline: boolean }
  | { readonly op: 'boundary'; readonly negated: boolean }
  | { readonly op: 'look'; readonly negated: boolean; readonly exit: number }
  | {
      readonly op: 'reference';
      readonly numbers: readonly number[];
      readonly ignoreCase: boolean;
      readonly back: boolean;
    }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly registers: number;
  readonly groups: number;
}

/** Registers of the capture of a group: where it starts, and behind it where it ends. */
export function captureRegister(group: number): number {
  return 2 * group;
}

export function compileProgram(parsed: ParsedPattern): Program {
  const writer = new ProgramWriter(captureRegister(parsed.groups + 1));
  writer.emit(parsed.body, false);
  writer.add({ op: 'match' });
  return { instructions: writer.instructions, registers: writer.registers, groups: parsed.groups };
}

class ProgramWriter {
  readonly instructions: Instruction[] = [];
  registers: number;

  constructor(registers: number) {
    this.registers = registers;
  }

  add(instruction: Instruction): number {
    return this.instructions.push(instruction) - 1;
  }

  /** Writes code for a pattern; `back` for code that reads from right to left, inside of lookbehinds. */
  emit(pattern: Pattern, back: boolean): void {
    switch (pattern.type) {
      case 'char':
        this.add({ op: 'char', test: pattern.test, back });
        break;
      case 'sequence':
        for (const item of back ? pattern.items.toReversed() : pattern.items) this.emit(item, back);
        break;
      case 'choice':
        this.choice(pattern.options, back);
        break;
      case 'group': {
        const register = captureRegister(pattern.number);
        this.add({ op: 'save', register: back ? register + 1 : register });
        this.emit(pattern.body, back);
        this.add({ op: 'save', register: back ? register : register + 1 });
        break;
      }
      case 'repeat':
        this.repeat(pattern, back);
        break;
      case 'start':
      case 'end':
        this.add({ op: pattern.type, multiline: pattern.multiline });
        break;
      case 'boundary':
        this.add({ op: 'boundary', negated: pattern.negated });
        break;
      case 'look': {
        const look = this.add({ op: 'match' });
        this.emit(pattern.body, pattern.behind);
        this.add({ op: 'match' });
        this.instructions[look] = { op: 'look', negated: pattern.negated, exit: this.instructions.length };
        break;
      }
      case 'reference':
        this.add({ op: 'reference', numbers: pattern.numbers, ignoreCase: pattern.ignoreCase, back });
        break;
    }
  }

  private choice(options: readonly Pattern[], back: boolean): void {
    const jumps: number[] = [];
    for (const [index, option] of options.entries()) {
      const last = index === options.length - 1;
      const split = last ? -1 : this.add({ op: 'match' });
      this.emit(option, back);
      if (last) break;
      jumps.push(this.add({ op: 'match' }));
      this.instructions[split] = { op: 'split', to: this.instructions.length };
    }
    for (const jump of jumps) this.instructions[jump] = { op: 'jump', to: this.instructions.length };
  }

  private repeat(pattern: Pattern & { readonly type: 'repeat' }, back: boolean): void {
    const { body, least, most, greedy } = pattern;
    if (body.type === 'char' && greedy && !back) {
      this.add({ op: 'run', test: body.test, least, most });
      return;
    }
    // A counter, and next to it the position at which the current iteration began.
    const counter = this.registers;
    this.registers += 2;
    this.add({ op: 'set', register: counter, value: 0 });
    const loop = this.add({ op: 'match' });
    const first = captureRegister(pattern.firstGroup);
    this.add({ op: 'iterate', counter, first, end: captureRegister(pattern.endGroup) });
    this.emit(body, back);
    this.add({ op: 'jump', to: loop });
    this.instructions[loop] = { op: 'loop', counter, least, most, greedy, exit: this.instructions.length };
  }
}
