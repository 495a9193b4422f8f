import type { Json } from '../../model/json.ts';
import type { Transform } from './jsonpath.ts';
import type { CompileOptions } from './options.ts';

/** The steps of a state's data flow that can be watched, by the names that Step Functions gives to what they make. */
export type TraceStep =
  | 'afterArguments'
  | 'afterInputPath'
  | 'afterItemsPath'
  | 'afterParameters'
  | 'afterResultPath'
  | 'afterResultSelector'
  | 'result';

/** Is told what each step has made, each time the plan is evaluated. */
export type Trace = (step: TraceStep, value: Json) => void;

/** A step that reports what it makes, if anybody watches; else the step itself, so that an ordinary plan pays nothing. */
export function traced(
  step: TraceStep,
  transform: Transform | undefined,
  { trace }: CompileOptions,
): Transform | undefined {
  if (trace === undefined) return transform;
  return (env, input) => {
    const value = transform === undefined ? input : transform(env, input);
    trace(step, value);
    return value;
  };
}
