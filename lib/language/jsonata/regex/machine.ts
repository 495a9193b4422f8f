import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import { canonical, isLineEnd, isWord } from './pattern.ts';
import { captureRegister, type Instruction, type Program } from './program.ts';

/** Where a match lies; groups that took no part are `undefined`. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

/** Instructions per unit of fuel. */
const PER_FUEL = 2;

/**
 * Finds the first match at or behind `from`. A backtracking machine with an explicit stack: it gives the results of ECMAScript's
 * regular expressions, and every instruction is paid for, so that catastrophic patterns end with L1001.
 */
export function search(program: Program, text: string, from: number, run: Run): Found | undefined {
  const machine = new Machine(program, text, run);
  for (let start = from; start <= text.length; start++) {
    const end = machine.matchAt(start);
    if (end >= 0) return { start, end, groups: machine.captured() };
  }
  return undefined;
}

/** Numbers on the choice stack at most; bounds its memory. */
const MAX_STACK = 2_000_000;

/** Numbers per entry of the choice stack: instruction, position, lowest position, height of the trail. */
const ENTRY = 4;

class Machine {
  private readonly code: readonly Instruction[];
  private readonly groups: number;
  private readonly text: string;
  private readonly run: Run;
  private readonly registers: number[];
  /** Alternatives not tried yet. */
  private readonly choices: number[] = [];
  /** Registers and their former values, to undo when an alternative fails. */
  private readonly trail: number[] = [];
  private work = 0;

  constructor(program: Program, text: string, run: Run) {
    this.code = program.instructions;
    this.groups = program.groups;
    this.registers = new Array<number>(program.registers).fill(-1);
    this.text = text;
    this.run = run;
  }

  /** Where the match that begins at `start` ends; -1 if there is none. */
  matchAt(start: number): number {
    this.registers.fill(-1);
    this.choices.length = 0;
    this.trail.length = 0;
    return this.execute(0, start);
  }

  captured(): (string | undefined)[] {
    return Array.from({ length: this.groups }, (_, index) => this.capture(index + 1));
  }

  private capture(group: number): string | undefined {
    const from = this.registers[captureRegister(group)] ?? -1;
    const to = this.registers[captureRegister(group) + 1] ?? -1;
    return from < 0 || to < 0 ? undefined : this.text.slice(from, to);
  }

  private execute(entry: number, start: number): number {
    const base = this.choices.length;
    let at = entry;
    let position = start;
    for (;;) {
      this.pay(1);
      const instruction = this.code[at];
      if (instruction === undefined || instruction.op === 'match') {
        this.choices.length = base;
        return position;
      }
      const next = this.step(instruction, at, position);
      if (next >= 0) {
        position = this.moved;
        at = next;
      } else if (this.choices.length > base) {
        at = this.backtrack();
        position = this.moved;
      } else {
        return -1;
      }
    }
  }

  /** The position after the last step. */
  private moved = 0;

  /** Runs one instruction; the next one, or -1 if it fails. */
  private step(instruction: Exclude<Instruction, { op: 'match' }>, at: number, position: number): number {
    this.moved = position;
    switch (instruction.op) {
      case 'char': {
        const place = instruction.back ? position - 1 : position;
        if (place < 0 || place >= this.text.length || !instruction.test(this.text.charCodeAt(place))) return -1;
        this.moved = instruction.back ? place : position + 1;
        return at + 1;
      }
      case 'run':
        return this.takeRun(instruction, at, position);
      case 'jump':
        return instruction.to;
      case 'split':
        this.choose(instruction.to, position, position);
        return at + 1;
      case 'save':
        this.assign(instruction.register, position);
        return at + 1;
      case 'set':
        this.assign(instruction.register, instruction.value);
        return at + 1;
      case 'loop':
        return this.loop(instruction, at, position);
      case 'iterate':
        this.assign(instruction.counter, (this.registers[instruction.counter] ?? 0) + 1);
        this.assign(instruction.counter + 1, position);
        for (let register = instruction.first; register < instruction.end; register++) this.assign(register, -1);
        return at + 1;
      case 'start':
        return position === 0 || (instruction.multiline && isLineEnd(this.text.charCodeAt(position - 1))) ? at + 1 : -1;
      case 'end':
        return position === this.text.length || (instruction.multiline && isLineEnd(this.text.charCodeAt(position)))
          ? at + 1
          : -1;
      case 'boundary':
        return (this.wordAt(position - 1) !== this.wordAt(position)) === instruction.negated ? -1 : at + 1;
      case 'look':
        return this.look(instruction, at, position);
      case 'reference':
        return this.reference(instruction, at, position);
    }
  }

  private takeRun(instruction: Instruction & { op: 'run' }, at: number, position: number): number {
    const { test, least, most } = instruction;
    const limit = Math.min(this.text.length, position + most);
    let end = position;
    while (end < limit && test(this.text.charCodeAt(end))) end++;
    this.pay((end - position) / 2);
    if (end < position + least) return -1;
    if (end > position + least) this.choose(at + 1, end - 1, position + least);
    this.moved = end;
    return at + 1;
  }

  private loop(instruction: Instruction & { op: 'loop' }, at: number, position: number): number {
    const { counter, least, most, greedy, exit } = instruction;
    const count = this.registers[counter] ?? 0;
    // An iteration that was not required and took nothing would go on for ever.
    if (count > least && this.registers[counter + 1] === position) return -1;
    if (count < least) return at + 1;
    if (count >= most) return exit;
    this.choose(greedy ? exit : at + 1, position, position);
    return greedy ? at + 1 : exit;
  }

  private look(instruction: Instruction & { op: 'look' }, at: number, position: number): number {
    const height = this.trail.length;
    const found = this.execute(at + 1, position) >= 0;
    if (instruction.negated || !found) this.undo(height);
    this.moved = position;
    return found === instruction.negated ? -1 : instruction.exit;
  }

  private reference(instruction: Instruction & { op: 'reference' }, at: number, position: number): number {
    const captured = instruction.numbers.map((group) => this.capture(group)).find((text) => text !== undefined) ?? '';
    const start = instruction.back ? position - captured.length : position;
    this.pay(captured.length);
    if (start < 0) return -1;
    const here = this.text.slice(start, start + captured.length);
    if (here !== captured && !(instruction.ignoreCase && sameLetters(here, captured))) return -1;
    this.moved = instruction.back ? start : position + captured.length;
    return at + 1;
  }

  private choose(at: number, position: number, lowest: number): void {
    this.pay(1);
    if (this.choices.length > MAX_STACK)
      throw new JsonataError('L1008', { value: 'it keeps too many alternatives open' });
    this.choices.push(at, position, lowest, this.trail.length);
  }

  private backtrack(): number {
    const top = this.choices.length - ENTRY;
    const at = this.choices[top] ?? 0;
    const position = this.choices[top + 1] ?? 0;
    const lowest = this.choices[top + 2] ?? 0;
    this.undo(this.choices[top + 3] ?? 0);
    if (position > lowest) this.choices[top + 1] = position - 1;
    else this.choices.length = top;
    this.moved = position;
    return at;
  }

  private assign(register: number, value: number): void {
    const former = this.registers[register] ?? -1;
    if (former === value) return;
    this.trail.push(register, former);
    this.registers[register] = value;
  }

  private undo(height: number): void {
    while (this.trail.length > height) {
      const former = this.trail.pop() ?? -1;
      const register = this.trail.pop() ?? 0;
      this.registers[register] = former;
    }
  }

  private wordAt(position: number): boolean {
    return position >= 0 && position < this.text.length && isWord(this.text.charCodeAt(position));
  }

  private pay(instructions: number): void {
    this.work += instructions;
    if (this.work < PER_FUEL) return;
    this.run.step(this.work / PER_FUEL);
    this.work = 0;
  }
}

function sameLetters(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (canonical(a.charCodeAt(index)) !== canonical(b.charCodeAt(index))) return false;
  }
  return true;
}
