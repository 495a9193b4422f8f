import { type Eval, Native } from '../apply.ts';
import { JsonataError } from '../errors.ts';
import type { Run } from '../run.ts';
import type { Value } from '../value.ts';
import { search } from './machine.ts';
import { parsePattern } from './parse.ts';
import { compileProgram, type Program } from './program.ts';

/**
 * A regular expression literal is a function from a string to its first match: an object with `match`, `start`, `end`,
 * `groups` and the function `next`, or nothing.
 */
export function compileRegex(source: string, flags: string, position: number): Eval {
  const program = compileProgram(parsePattern(source, flags));
  const matcher = new Native(1, undefined, ([text], { run }) =>
    typeof text === 'string' ? firstMatch(program, text, 0, run, position) : undefined,
  );
  return () => matcher;
}

interface MatchObject {
  readonly match: string;
  readonly [key: string]: Value;
}

function firstMatch(program: Program, text: string, from: number, run: Run, position: number): MatchObject | undefined {
  const found = search(program, text, from, run);
  if (found === undefined) return undefined;
  run.object(5 + found.groups.length);
  run.string(found.end - found.start);
  return {
    match: text.slice(found.start, found.end),
    start: found.start,
    end: found.end,
    groups: found.groups,
    next: new Native(0, undefined, (_, call) => nextMatch(program, text, found.end, call.run, position)),
  };
}

function nextMatch(program: Program, text: string, from: number, run: Run, position: number): Value {
  if (from >= text.length) return undefined;
  const next = firstMatch(program, text, from, run, position);
  if (next?.match === '') throw new JsonataError('D1004', { position });
  return next;
}
