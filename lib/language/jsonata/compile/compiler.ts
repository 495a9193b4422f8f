import type { Eval, TailEval } from '../apply.ts';
import type { Node } from '../ast.ts';

/** What the compilers of the node groups need of the whole. */
export interface Compiler {
  compile(node: Node): Eval;
  /** A function body: its code, which may end in a tail call, and how many levels it nests. */
  compileBody(node: Node): { readonly body: TailEval; readonly levels: number };
}

/** Whether a node carries nothing besides its own meaning. */
export function isPlain(node: Node): boolean {
  return (
    node.predicates.length === 0 &&
    node.stages.length === 0 &&
    node.group === undefined &&
    !node.keepArray &&
    !node.tuple &&
    node.focus === undefined &&
    node.index === undefined &&
    node.ancestor === undefined &&
    !node.construct
  );
}
