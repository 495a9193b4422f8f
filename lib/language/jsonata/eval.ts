import { Native } from './apply.ts';
import { compileTree } from './compile/compile.ts';
import { JsonataError, JsonataSyntaxError } from './errors.ts';
import { parse } from './parse.ts';
import { parseSignature } from './signature.ts';
import { isArray, isSequence, sequenceOf, type Value } from './value.ts';

/** Fuel for compiling a source while an expression runs: as such, and per character. */
const PER_SOURCE = 1_500;
const PER_CHARACTER = 20;

/** `$eval`, for hosts that allow it: compiles and evaluates a text in the scope of the caller. */
export const evalFunction = new Native(2, parseSignature('<sx?:x>'), ([source, focus], { run, input, frame }) => {
  if (typeof source !== 'string') return undefined;
  run.step(PER_SOURCE + source.length * PER_CHARACTER);
  try {
    return compileTree(parse(source))(focus === undefined ? input : whole(focus), frame);
  } catch (error) {
    if (error instanceof JsonataSyntaxError) throw new JsonataError('D3120', { value: error.message });
    if (error instanceof JsonataError && !error.code.startsWith('L')) {
      throw new JsonataError('D3121', { value: error.message });
    }
    throw error;
  }
});

function whole(focus: Value): Value {
  if (!isArray(focus) || isSequence(focus)) return focus;
  const wrapper = sequenceOf(focus);
  wrapper.outerWrapper = true;
  return wrapper;
}
